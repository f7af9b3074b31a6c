import { useQuery } from "@tanstack/react-query";
import { useSearch, useSearchParams } from "wouter";
import type { Conversation as Peer, SmsMessage } from "../api/schema";
import { useSMSSamples } from "../api/use_samples.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Choice, Search } from "../ui/search.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { State } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { ConversationPanel } from "./conversation.tsx";
import { conversationPath, root } from "./paths.ts";
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
	const query = useSearch();
	const behind = query ? `?${query}` : "";
	const filter = { q: search.get("q") ?? "", direction: search.get("direction") ?? "" };
	return (
		<Page title="Messages">
			<search className="flex flex-wrap items-center gap-2 max-narrow:grid max-narrow:grid-cols-2">
				<Search label="Number or text" />
				<Choice label="Sent and received" name="direction" options={directions} />
			</search>
			{filter.q || filter.direction ? (
				<Found filter={filter} selected={selected} behind={behind} />
			) : (
				<Conversations peer={peer} behind={behind} />
			)}
			{peer &&
				(selected ? (
					<TextPanel key={selected} id={selected} closed={list + behind} />
				) : (
					<ConversationPanel key={peer} peer={peer} closed={list + behind} />
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

function Conversations({ peer, behind }: { peer: string | undefined; behind: string }) {
	const [search] = useSearchParams();
	const page = useQuery(conversations(placeOf(search)));
	return (
		<>
			<Table
				what="The conversations"
				columns={peerColumns}
				rows={page.data?.items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.peer}
				href={(row) => conversationPath(row.peer) + behind}
				selected={peer}
				closed={list + behind}
				empty={<NoTexts />}
			/>
			<Pages extent={page.data && { ...page.data, count: page.data.items.length }} />
		</>
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
	behind: string;
}

function Found({ filter, selected, behind }: FoundProps) {
	const [search, setSearch] = useSearchParams();
	const page = useQuery(found(filter, placeOf(search)));
	const items = page.data?.items;
	return (
		<>
			<Table
				what="The texts"
				columns={textColumns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => conversationPath(row.peer, row.id) + behind}
				selected={selected}
				closed={list + behind}
				empty={
					<Empty title="No text is like this.">
						<Button onClick={() => setSearch(new URLSearchParams())}>Show the conversations</Button>
					</Empty>
				}
			/>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
		</>
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
