import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Shortcode } from "../api/schema";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { State } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { root } from "./paths.ts";
import { account, shortcodes } from "./queries.ts";
import { NewShortcode } from "./shortcode_dialogs.tsx";
import { ShortcodePanel } from "./shortcode_panel.tsx";

const list = `${root}/shortcodes`;

const columns: Column<Shortcode>[] = [
	{ head: "Shortcode", cell: (row) => <span className="mono">{row.code}</span>, width: "180px" },
	{
		head: "Webhook",
		cell: (row) => row.webhookUrl ?? <span className="text-soft">none: texts are only listed</span>,
	},
	{ head: "State", cell: (row) => <State of={row.active ? "active" : "inactive"} />, width: "112px" },
	{
		head: "Last answer",
		cell: (row) => row.lastStatus ?? <span className="text-soft">–</span>,
		numeric: true,
		width: "112px",
	},
	{ head: "Made", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px", extra: true },
];

/** The words that lead texts to this account, and what they call. */
export function Shortcodes({ selected }: { selected: string | undefined }) {
	const page = useQuery(shortcodes);
	const now = useQuery(account).data;
	const [making, setMaking] = useState(false);
	const items = page.data?.items;
	const chosen = items?.find((code) => code.id === selected);
	const approved = now?.status === "approved";
	const make = (
		<Button kind="primary" disabled={!approved} onClick={() => setMaking(true)}>
			New shortcode
		</Button>
	);
	return (
		<Page
			title="Shortcodes"
			action={make}
			intro={`A text that begins with your shortcode is for you${now?.sender ? `, when it is sent to ${now.sender}` : ""}. A webhook gets it at once; without one it is in Messages.`}
		>
			{now && <Places used={now.shortcodes.used} limit={now.shortcodes.limit} prime={now.prime} />}
			<Table
				what="The shortcodes"
				columns={columns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => `${list}/${encodeURIComponent(row.id)}`}
				selected={selected}
				closed={list}
				expect={2}
				empty={
					<Empty title="Your shortcodes will be here.">
						{!now || approved ? (
							<>
								<p>
									The first one takes a word, such as order, and the address of a webhook if you have one.
								</p>
								{make}
							</>
						) : (
							<>
								<p>You can register one once the operator has approved your application.</p>
								<ButtonLink to={root}>See the application</ButtonLink>
							</>
						)}
					</Empty>
				}
			/>
			{making && <NewShortcode onClose={() => setMaking(false)} />}
			{selected && items && <ShortcodePanel key={selected} target={chosen} closed={list} />}
		</Page>
	);
}

function Places({ used, limit, prime }: { used: number; limit: number; prime: boolean }) {
	return (
		<div className="flex min-h-8 flex-wrap items-center gap-3 text-soft">
			<span>
				{count(Math.min(used, limit))} of {count(limit)} active places used
				{used > limit && `; ${count(used - limit)} more are stored and get no texts pushed`}.
			</span>
			{!prime && <ButtonLink to="/dashboard/account/prime">More with Prime</ButtonLink>}
		</div>
	);
}
