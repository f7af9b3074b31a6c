import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { api, done } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { OptOut } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Empty } from "../ui/empty.tsx";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { ClearFilters, Search } from "../ui/search.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { optOuts } from "./queries.ts";
import { TextTabs } from "./tabs.tsx";

/** Numbers that answered stop, or a word like it. */
export function OptOuts() {
	const [search] = useSearchParams();
	const page = useQuery(optOuts(search.get("q") ?? "", placeOf(search)));
	const [asked, setAsked] = useState<OptOut | null>(null);
	const columns: Column<OptOut>[] = [
		{ head: "Number", cell: (row) => row.number },
		{ head: "Said", cell: (row) => row.word },
		{ head: "When", cell: (row) => <Time at={row.at} />, numeric: true, width: "132px" },
		{
			head: "Action",
			numeric: true,
			width: "132px",
			cell: (row) => (
				<Button kind="quiet" onClick={() => setAsked(row)}>
					Allow again
				</Button>
			),
		},
	];
	return (
		<Page
			title="Texts"
			intro="Numbers that want no texts, from nobody here. Texts to them are refused until they write start, or you allow them."
		>
			<TextTabs />
			<search className="flex flex-wrap items-center gap-2">
				<Search label="Number" />
			</search>
			<Listing
				page={page}
				what="The opt-outs"
				columns={columns}
				id={(row) => row.number}
				expect={4}
				empty={
					search.size > 0 ? (
						<Empty title="No number like this has opted out.">
							<ClearFilters>Show all</ClearFilters>
						</Empty>
					) : (
						<Empty title="Nobody has asked for no more texts." />
					)
				}
			/>
			{asked && <Allow target={asked} onClose={() => setAsked(null)} />}
		</Page>
	);
}

function Allow({ target, onClose }: { target: OptOut; onClose(): void }) {
	const say = useToast();
	const allow = useDeed({
		act: () =>
			done(
				api.DELETE("/api/v1/operator/sms/optouts/{number}", {
					params: { path: { number: target.number } },
				}),
			),
		changes: [["operator", "texts"]],
		after: () => {
			say(`${target.number} gets texts again.`);
			onClose();
		},
	});
	return (
		<Confirm
			title={`Send texts to ${target.number} again`}
			action="Allow texts again"
			cancel="Not now"
			busy={allow.busy}
			error={allow.failure?.message}
			onConfirm={() => allow.do()}
			onClose={onClose}
		>
			<p>
				Whoever has this number asked for no texts. Allow them only on that person's word: in many places
				anything else is against the law.
			</p>
		</Confirm>
	);
}
