import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { AuditEntry } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { ClearFilters, Search } from "../ui/search.tsx";
import type { Column } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { Chosen } from "./chosen.tsx";
import { audit, root } from "./queries.ts";

const list = `${root}/audit`;

const columns: Column<AuditEntry>[] = [
	{ head: "Action", cell: (row) => <span className="mono">{row.action}</span>, width: "200px" },
	{ head: "By", cell: (row) => actor(row), width: "24%" },
	{ head: "What", cell: (row) => <span className="mono">{row.subject}</span> },
	{ head: "Detail", cell: (row) => row.detail || <span className="text-soft">–</span>, extra: true },
	{ head: "When", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px" },
];

function actor(entry: AuditEntry): string {
	return entry.actorEmail ?? (entry.actor === "command" ? "the shell" : entry.actor);
}

/** Who did what as an operator, newest first. */
export function Audit({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(audit(search.get("q") ?? "", placeOf(search)));
	return (
		<Page title="Audit log">
			<search className="flex flex-wrap items-center gap-2">
				<Search label="Action, or a whole id" />
			</search>
			<Listing
				page={page}
				what="The audit log"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				empty={
					search.size > 0 ? (
						<Empty title="Nothing in the log is like this.">
							<ClearFilters>Show everything</ClearFilters>
						</Empty>
					) : (
						<Empty title="Everything an operator changes will be a line here." />
					)
				}
			/>
			<Chosen what="Entry" page={page} selected={selected} closed={closed}>
				{(row) => <EntryPanel entry={row} closed={closed} />}
			</Chosen>
		</Page>
	);
}

function EntryPanel({ entry, closed }: { entry: AuditEntry; closed: string }) {
	return (
		<Panel title={entry.action} closed={closed}>
			<Facts>
				<Fact name="By">{actor(entry)}</Fact>
				<Fact name="What">
					<Code text={entry.subject} />
				</Fact>
				<Fact name="When">{exactTime(entry.createdAt)}</Fact>
				{entry.detail && (
					<Fact name="Detail">
						<span className="whitespace-pre-wrap">{entry.detail}</span>
					</Fact>
				)}
			</Facts>
		</Panel>
	);
}
