import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { EmailLog } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { DayFilter } from "../ui/day_filter.tsx";
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
import { MessagePanel } from "./message.tsx";
import { keys, type LogFilter, log } from "./queries.ts";

const root = "/dashboard/email/logs";

const columns: Column<EmailLog>[] = [
	{ head: "To", cell: (row) => <Recipients row={row} />, width: "28%" },
	{ head: "Subject", cell: (row) => row.subject || <span className="text-soft">no subject</span> },
	{ head: "Status", cell: (row) => <State of={row.status} />, width: "124px" },
	{ head: "Key", cell: (row) => row.keyName ?? "deleted", width: "128px", extra: true },
	{ head: "Credits", cell: (row) => count(row.creditsCharged), numeric: true, width: "84px", extra: true },
	{ head: "When", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px" },
];

const statuses = ["queued", "sent", "failed", "sending", "unknown", "interrupted", "cancelled"].map(
	(status) => [status, status] as const,
);

/** Everything this account has sent, newest first. */
export function Logs({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(root);
	const filter = filterOf(search);
	const place = placeOf(search);
	const page = useQuery(log(filter, place));
	return (
		<Page title="Logs">
			<Filters />
			<Listing
				page={page}
				what="The log"
				columns={columns}
				id={(row) => row.messageId}
				href={(row) => href(row.messageId)}
				selected={selected}
				closed={closed}
				empty={
					<Nothing
						filtered={
							Object.values(filter).some((value) => value !== "") ||
							place.offset > 0 ||
							place.before !== undefined
						}
					/>
				}
			/>
			{selected && <MessagePanel key={selected} messageId={selected} closed={closed} />}
		</Page>
	);
}

function filterOf(search: URLSearchParams): LogFilter {
	const value = (name: string) => search.get(name) ?? "";
	return {
		q: value("q"),
		status: value("status"),
		keyId: value("keyId"),
		from: value("from"),
		to: value("to"),
	};
}

function Filters() {
	const known = useQuery(keys).data?.items ?? [];
	return (
		<search className="flex flex-wrap items-center gap-2 max-narrow:grid max-narrow:grid-cols-2">
			<Search label="Recipient or subject" />
			<Choice label="Any status" name="status" options={statuses} />
			<Choice label="Any key" name="keyId" options={known.map((key) => [key.id, key.name] as const)} />
			<DayFilter label="From" name="from" />
			<DayFilter label="to" name="to" />
		</search>
	);
}

function Recipients({ row }: { row: EmailLog }) {
	const first = row.to[0] ?? row.cc[0] ?? row.bcc[0] ?? "";
	return (
		<>
			{first}
			{row.recipients > 1 && <span className="text-soft"> +{count(row.recipients - 1)}</span>}
		</>
	);
}

function Nothing({ filtered }: { filtered: boolean }) {
	const samples = useEmailSamples();
	if (filtered) {
		return (
			<Empty title="Nothing in the log is like this.">
				<ClearFilters>Show everything</ClearFilters>
			</Empty>
		);
	}
	return (
		<Empty title="Every message you send will be here, with what became of it.">
			<p>Send the first one:</p>
			<Snippet samples={samples} />
		</Empty>
	);
}
