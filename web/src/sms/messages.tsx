import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { Conversation as Peer, SmsMessage } from "../api/schema";
import { useSMSSamples } from "../api/use_samples.ts";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Choice, ClearFilters, Search } from "../ui/search.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { State } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { ConversationPanel } from "./conversation.tsx";
import { root } from "./paths.ts";
import { conversations, found, type TextFilter } from "./queries.ts";
import { TextPanel } from "./text_panel.tsx";

const list = `${root}/messages`;

const directions = [
	["out", "Sent"],
	["in", "Received"],
] as const;

/** Texts as conversations, by number; with a filter, one by one. */
export function Messages({ peer, selected }: { peer: string | undefined; selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed } = useListAddress(list);
	const filter = { q: search.get("q") ?? "", direction: search.get("direction") ?? "" };
	return (
		<Page title="Messages">
			<search className="flex flex-wrap items-center gap-2 max-narrow:grid max-narrow:grid-cols-2">
				<Search label="Number or text" />
				<Choice label="Sent and received" name="direction" options={directions} />
			</search>
			{filter.q || filter.direction ? (
				<Found filter={filter} selected={selected} />
			) : (
				<Conversations peer={peer} />
			)}
			{peer &&
				(selected ? (
					<TextPanel key={selected} id={selected} closed={closed} />
				) : (
					<ConversationPanel key={peer} peer={peer} closed={closed} />
				))}
		</Page>
	);
}

const peerColumns: Column<Peer>[] = [
	{ head: "Number", cell: (row) => row.peer, width: "172px" },
	{ head: "Last text", cell: ({ lastMessage: last }) => <Words text={last} /> },
	{ head: "Status", cell: ({ lastMessage: last }) => <State of={last.status} />, width: "128px" },
	{ head: "Texts", cell: (row) => count(row.messages), numeric: true, width: "84px", extra: true },
	{
		head: "When",
		cell: ({ lastMessage: last }) => <Time at={last.createdAt} />,
		numeric: true,
		width: "132px",
	},
];

function Conversations({ peer }: { peer: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(conversations(placeOf(search)));
	return (
		<Listing
			page={page}
			numbered
			what="The conversations"
			columns={peerColumns}
			id={(row) => row.peer}
			href={(row) => href(row.peer)}
			selected={peer}
			closed={closed}
			empty={<NoTexts />}
		/>
	);
}

const textColumns: Column<SmsMessage>[] = [
	{ head: "Number", cell: (row) => row.peer, width: "172px" },
	{ head: "Text", cell: (row) => <Words text={row} /> },
	{ head: "Status", cell: (row) => <State of={row.status} />, width: "128px" },
	{ head: "Credits", cell: (row) => count(row.creditCost), numeric: true, width: "84px", extra: true },
	{ head: "When", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px" },
];

interface FoundProps {
	filter: TextFilter;
	selected: string | undefined;
}

function Found({ filter, selected }: FoundProps) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(found(filter, placeOf(search)));
	return (
		<Listing
			page={page}
			what="The texts"
			columns={textColumns}
			id={(row) => row.id}
			href={(row) => href(row.peer, row.id)}
			selected={selected}
			closed={closed}
			empty={
				<Empty title="No text is like this.">
					<ClearFilters>Show the conversations</ClearFilters>
				</Empty>
			}
		/>
	);
}

function Words({ text }: { text: SmsMessage }) {
	return (
		<>
			{text.direction === "out" && <span className="text-soft">You: </span>}
			{text.content || <span className="text-soft">no words</span>}
		</>
	);
}

function NoTexts() {
	const samples = useSMSSamples();
	return (
		<Empty title="Every number you exchange texts with will be here.">
			<p>Send the first text, or have somebody write to one of your shortcodes:</p>
			<Snippet samples={samples} />
		</Empty>
	);
}
