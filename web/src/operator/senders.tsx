import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import type { Sender } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { plural } from "../ui/figures.ts";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Meter } from "../ui/meter.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Tag } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { Chosen } from "./chosen.tsx";
import { root, senders } from "./queries.ts";
import { NewSender } from "./sender_dialogs.tsx";
import { SenderPanel } from "./sender_panel.tsx";

const list = `${root}/senders`;

const columns: Column<Sender>[] = [
	{
		head: "Address",
		cell: (row) => (
			<span className="inline-flex items-center gap-2">
				{row.address}{" "}
				{row.installation && <Tag title="The installation's own, which cannot be removed.">installation</Tag>}
			</span>
		),
		width: "34%",
	},
	{ head: "Name", cell: (row) => row.displayName || <span className="text-soft">–</span>, extra: true },
	{
		head: "Open to",
		cell: (row) => (row.global ? "everybody" : plural(row.accounts.length, "account")),
		width: "112px",
	},
	{
		head: "Relay",
		cell: (row) => row.relay ?? <span className="text-soft">any</span>,
		width: "112px",
		extra: true,
	},
	{
		head: "Today",
		cell: (row) =>
			row.dailyCap === null ? (
				<span className="text-soft">no cap</span>
			) : (
				<Meter used={row.usedToday} of={row.dailyCap} />
			),
		width: "172px",
	},
];

/** The addresses that messages may come from, and who may use which. */
export function Senders({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(senders(placeOf(search)));
	const [making, setMaking] = useState(false);
	const make = (
		<Button kind="primary" onClick={() => setMaking(true)}>
			New sender
		</Button>
	);
	return (
		<Page
			title="Senders"
			action={make}
			intro="An address may stand in From once it is here and open to the account. Its domain has to allow the relay: SPF and DKIM are set at its DNS."
		>
			<Listing
				page={page}
				numbered
				what="The senders"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				expect={4}
				empty={
					<Empty title="Addresses to send from will be here.">
						<p>The first one is the installation's own. Add one for each domain your accounts send from.</p>
						{make}
					</Empty>
				}
			/>
			{making && <NewSender onClose={() => setMaking(false)} />}
			<Chosen what="Sender" page={page} selected={selected} closed={closed}>
				{(row) => <SenderPanel key={row.id} sender={row} closed={closed} />}
			</Chosen>
		</Page>
	);
}
