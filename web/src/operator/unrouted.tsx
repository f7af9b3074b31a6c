import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { UnroutedText } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import type { Column } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { Chosen } from "./chosen.tsx";
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
	const { closed, href } = useListAddress(list);
	const page = useQuery(unrouted(placeOf(search)));
	return (
		<Page
			title="Texts"
			intro="Received texts that begin with nobody's shortcode. They are kept for a person to read."
		>
			<TextTabs />
			<Listing
				page={page}
				what="The unrouted texts"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				expect={4}
				empty={<Empty title="Every text that came was for somebody." />}
			/>
			<Chosen what="Text" page={page} selected={selected} closed={closed}>
				{(chosen) => (
					<Panel title={`From ${chosen.from}`} closed={closed}>
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
			</Chosen>
		</Page>
	);
}
