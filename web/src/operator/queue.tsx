import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { QueuedMessage } from "../api/schema";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Choice, ClearFilters } from "../ui/search.tsx";
import { State } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { Chosen } from "./chosen.tsx";
import { HoldSwitch, OnHold } from "./hold.tsx";
import { Onward } from "./onward.tsx";
import { overview, queue, relays, root } from "./queries.ts";
import { QueuedPanel } from "./queued_panel.tsx";

const list = `${root}/queue`;

const columns: Column<QueuedMessage>[] = [
	{ head: "Subject", cell: (row) => row.subject || <span className="text-soft">no subject</span> },
	{ head: "Account", cell: (row) => row.accountEmail, width: "17%", extra: true },
	{ head: "State", cell: (row) => <State of={row.status} />, width: "108px" },
	{
		head: "To",
		cell: (row) => count(row.recipients),
		numeric: true,
		width: "52px",
		extra: true,
	},
	{
		head: "In the way",
		cell: (row) => row.waitsFor?.replace("/", " ") ?? row.lastError ?? <span className="text-soft">–</span>,
		width: "20%",
	},
	{ head: "Next try", cell: (row) => <Time at={row.nextAttemptAt} />, numeric: true, width: "132px" },
	{
		head: "Accepted",
		cell: (row) => <Time at={row.createdAt} />,
		numeric: true,
		width: "132px",
		extra: true,
	},
];

const states = ["queued", "sending", "unknown"].map((state) => [state, state] as const);

/** The mail that is not over yet, oldest first. */
export function Queue({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const filter = { state: search.get("state") ?? "", relay: search.get("relay") ?? "" };
	const page = useQuery(queue(filter, placeOf(search).before ?? ""));
	const hold = useQuery(overview).data?.hold;
	const known = useQuery(relays).data?.items ?? [];
	return (
		<Page title="Queue" action={hold && <HoldSwitch hold={hold} />}>
			{hold && <OnHold hold={hold} />}
			<search className="flex flex-wrap items-center gap-2">
				<Choice label="Any state" name="state" options={states} />
				<Choice
					label="Any relay"
					name="relay"
					options={known.map((relay) => [relay.name, relay.name] as const)}
				/>
			</search>
			<Listing
				page={page}
				pager={Onward}
				what="The queue"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				empty={
					search.size > 0 ? (
						<Empty title="Nothing in the queue is like this.">
							<ClearFilters>Show the whole queue</ClearFilters>
						</Empty>
					) : (
						<Empty title="The queue is empty: nothing waits to be sent.">
							<p>What a relay cannot take at once waits here, with the reason and the next try.</p>
						</Empty>
					)
				}
			/>
			<Chosen what="Message" page={page} selected={selected} closed={closed}>
				{(row) => <QueuedPanel key={row.id} message={row} closed={closed} />}
			</Chosen>
		</Page>
	);
}
