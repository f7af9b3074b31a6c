import { useQuery } from "@tanstack/react-query";
import { useSearch, useSearchParams } from "wouter";
import type { AuditEntry } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Search } from "../ui/search.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { Gone } from "./gone.tsx";
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
	const [search, setSearch] = useSearchParams();
	const query = useSearch();
	const behind = query ? `?${query}` : "";
	const page = useQuery(audit(search.get("q") ?? "", placeOf(search)));
	const items = page.data?.items;
	const chosen = items?.find((row) => row.id === selected);
	return (
		<Page title="Audit log">
			<search className="flex flex-wrap items-center gap-2">
				<Search label="Action, or a whole id" />
			</search>
			<Table
				what="The audit log"
				columns={columns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => `${list}/${encodeURIComponent(row.id)}${behind}`}
				selected={selected}
				closed={list + behind}
				empty={
					search.size > 0 ? (
						<Empty title="Nothing in the log is like this.">
							<Button onClick={() => setSearch(new URLSearchParams())}>Show everything</Button>
						</Empty>
					) : (
						<Empty title="Everything an operator changes will be a line here." />
					)
				}
			/>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
			{chosen && <EntryPanel entry={chosen} closed={list + behind} />}
			{selected && items && !chosen && <Gone what="Entry" closed={list + behind} />}
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
