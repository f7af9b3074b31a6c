import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { UnknownText } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Empty } from "../ui/empty.tsx";
import { count, plural } from "../ui/figures.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { Onward } from "./onward.tsx";
import { root, unknownTexts } from "./queries.ts";
import { TextTabs } from "./tabs.tsx";

type Outcome = "sent" | "failed";

/** Texts that a gateway may have or not: a person says which. */
export function UnknownTexts() {
	const [search] = useSearchParams();
	const page = useQuery(unknownTexts(placeOf(search).before ?? ""));
	const items = page.data?.items;
	const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
	const [asked, setAsked] = useState<Outcome | null>(null);
	// What is settled elsewhere meanwhile is out of the list, and out of the choice.
	const chosen = (items ?? []).filter((text) => marked.has(text.id));
	const all = items !== undefined && items.length > 0 && chosen.length === items.length;
	const mark = (id: string, on: boolean) => {
		const next = new Set(marked);
		if (on) {
			next.add(id);
		} else {
			next.delete(id);
		}
		setMarked(next);
	};
	return (
		<Page
			title="Texts"
			intro="A gateway may have these, or not: it did not answer. They stay charged and are never sent again by themselves. Look them up at the provider, and say what became of them."
		>
			<TextTabs />
			<div className="flex min-h-8 flex-wrap items-center gap-2">
				<label className="mr-2 flex items-center gap-2">
					<input
						type="checkbox"
						checked={all}
						disabled={!items?.length}
						onChange={() => setMarked(new Set(all ? [] : items?.map((text) => text.id)))}
					/>
					All on this page
				</label>
				<Button disabled={chosen.length === 0} onClick={() => setAsked("sent")}>
					They were sent
				</Button>
				<Button disabled={chosen.length === 0} onClick={() => setAsked("failed")}>
					They were not sent
				</Button>
				<span className="text-soft">{chosen.length > 0 && `${count(chosen.length)} chosen`}</span>
			</div>
			<Listing
				page={page}
				pager={Onward}
				what="The unknown texts"
				columns={columns(marked, mark)}
				id={(row) => row.id}
				expect={4}
				empty={<Empty title="No text is unknown: of each one it is known whether it left." />}
			/>
			{asked && <Settle texts={chosen} outcome={asked} onClose={() => setAsked(null)} />}
		</Page>
	);
}

function columns(
	marked: ReadonlySet<string>,
	mark: (id: string, on: boolean) => void,
): Column<UnknownText>[] {
	return [
		{
			head: "To",
			width: "180px",
			cell: (row) => (
				<label className="flex items-center gap-2">
					<input
						type="checkbox"
						checked={marked.has(row.id)}
						onChange={(event) => mark(row.id, event.target.checked)}
					/>
					{row.peer}
				</label>
			),
		},
		{ head: "Text", cell: (row) => <span title={row.content}>{row.content}</span> },
		{
			head: "Account",
			cell: (row) => (
				<Link to={`${root}/accounts/${encodeURIComponent(row.accountId)}`} className="link">
					{row.accountEmail}
				</Link>
			),
			width: "20%",
			extra: true,
		},
		{ head: "Gateway", cell: (row) => row.gateway, width: "104px" },
		{
			head: "Last words",
			cell: (row) =>
				row.lastError ? (
					<span title={row.lastError}>{row.lastError}</span>
				) : (
					<span className="text-soft">–</span>
				),
			width: "18%",
			extra: true,
		},
		{ head: "When", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px" },
	];
}

interface SettleProps {
	texts: readonly UnknownText[];
	outcome: Outcome;
	onClose(): void;
}

function Settle({ texts, outcome, onClose }: SettleProps) {
	const say = useToast();
	const settle = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/operator/sms/unknown/settle", {
					body: { ids: texts.map((text) => text.id), outcome },
				}),
			),
		changes: [["operator"], ["sms"]],
		after: ({ settled, refunded, missed }) => {
			const late = missed.length > 0 ? ` ${plural(missed.length, "text")} had an answer meanwhile.` : "";
			say(`${plural(settled, "text")} settled, ${plural(refunded, "credit")} refunded.${late}`);
			onClose();
		},
	});
	const cost = texts.reduce((sum, text) => sum + text.creditCost, 0);
	return (
		<Confirm
			title={`${plural(texts.length, "text")} ${outcome === "sent" ? "sent" : "not sent"}`}
			action={outcome === "sent" ? "They were sent" : `Refund ${plural(cost, "credit")}`}
			cancel="Back"
			busy={settle.busy}
			error={settle.failure?.message}
			onConfirm={() => settle.do()}
			onClose={onClose}
		>
			<p>
				{outcome === "sent"
					? "They count as sent and stay charged. A report that comes later still tells whether they arrived."
					: "They count as failed, and what they cost is given back. They are not sent again."}
			</p>
		</Confirm>
	);
}
