import { useQuery } from "@tanstack/react-query";
import { useSearch, useSearchParams } from "wouter";
import type { UnroutedText } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { Gone } from "./gone.tsx";
import { root, unrouted } from "./queries.ts";
import { TextTabs } from "./tabs.tsx";

const list = `${root}/texts/unrouted`;

const columns: Column<UnroutedText>[] = [
	{ head: "From", cell: (row) => row.from, width: "172px" },
	{ head: "Text", cell: (row) => row.content || <span className="text-soft">no words</span> },
	{ head: "Gateway", cell: (row) => row.gateway, width: "112px", extra: true },
	{ head: "Received", cell: (row) => <Time at={row.receivedAt} />, numeric: true, width: "132px" },
];

/** Received texts that begin with nobody's shortcode. */
export function Unrouted({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const query = useSearch();
	const behind = query ? `?${query}` : "";
	const page = useQuery(unrouted(placeOf(search)));
	const items = page.data?.items;
	const chosen = items?.find((row) => row.id === selected);
	return (
		<Page
			title="Texts"
			intro="Received texts that begin with nobody's shortcode. They are kept for a person to read."
		>
			<TextTabs />
			<Table
				what="The unrouted texts"
				columns={columns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => `${list}/${encodeURIComponent(row.id)}${behind}`}
				selected={selected}
				closed={list + behind}
				expect={4}
				empty={<Empty title="Every text that came was for somebody." />}
			/>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
			{chosen && (
				<Panel title={`From ${chosen.from}`} closed={list + behind}>
					<blockquote className="break-words whitespace-pre-wrap">{chosen.content}</blockquote>
					<Facts>
						<Fact name="To">{chosen.to}</Fact>
						<Fact name="Gateway">{chosen.gateway}</Fact>
						<Fact name="Received">{exactTime(chosen.receivedAt)}</Fact>
						<Fact name="Id">
							<Code text={chosen.id} />
						</Fact>
					</Facts>
				</Panel>
			)}
			{selected && items && !chosen && <Gone what="Text" closed={list + behind} />}
		</Page>
	);
}
