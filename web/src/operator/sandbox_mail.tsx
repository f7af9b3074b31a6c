import { useQuery } from "@tanstack/react-query";
import { useSearch, useSearchParams } from "wouter";
import type { SandboxMail } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { MailPanel } from "./mail_panel.tsx";
import { root, sandboxMail } from "./queries.ts";
import { SandboxTabs } from "./tabs.tsx";

const list = `${root}/sandbox`;

const columns: Column<SandboxMail>[] = [
	{
		head: "To",
		cell: (row) => (
			<>
				{row.to[0]}
				{row.to.length > 1 && <span className="text-soft"> +{count(row.to.length - 1)}</span>}
			</>
		),
		width: "28%",
	},
	{ head: "Subject", cell: (row) => row.subject || <span className="text-soft">no subject</span> },
	{ head: "Relay", cell: (row) => row.relay, width: "112px", extra: true },
	{ head: "Size", cell: (row) => size(row.bytes), numeric: true, width: "88px", extra: true },
	{ head: "When", cell: (row) => <Time at={row.receivedAt} />, numeric: true, width: "132px" },
];

function size(bytes: number): string {
	return bytes < 1000 ? `${bytes} B` : `${count(Math.round(bytes / 1000))} kB`;
}

/** The mail that the sandbox took in place of the world. */
export function SandboxMailPage({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const query = useSearch();
	const behind = query ? `?${query}` : "";
	const page = useQuery(sandboxMail(placeOf(search)));
	const samples = useEmailSamples();
	const items = page.data?.items;
	return (
		<Page
			title="Sandbox inbox"
			intro="What a sandbox relay took: it left for nobody. The newest are kept, the oldest forgotten."
		>
			<SandboxTabs />
			<Table
				what="The inbox"
				columns={columns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => `${list}/mail/${encodeURIComponent(row.id)}${behind}`}
				selected={selected}
				closed={list + behind}
				empty={
					<Empty title="Mail that goes to the sandbox will be here, as its reader would see it.">
						<p>Send the first one:</p>
						<Snippet samples={samples} />
					</Empty>
				}
			/>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
			{selected && (
				<MailPanel
					key={selected}
					id={selected}
					known={items?.find((row) => row.id === selected)}
					awaited={page.isPending}
					closed={list + behind}
				/>
			)}
		</Page>
	);
}
