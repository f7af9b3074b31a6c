import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { OperatorAccount } from "../api/schema";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { ClearFilters, Search } from "../ui/search.tsx";
import { Tag } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { AccountPanel } from "./account_panel.tsx";
import { AccountState, SMSState } from "./account_state.tsx";
import { accounts, root } from "./queries.ts";
import { AccountTabs } from "./tabs.tsx";

const list = `${root}/accounts`;

const columns: Column<OperatorAccount>[] = [
	{ head: "Address", cell: (row) => row.email, width: "28%" },
	{
		head: "Name",
		cell: (row) => (
			<span className="inline-flex items-center gap-2">
				{row.name || <span className="text-soft">–</span>}
				{row.role === "admin" && <Tag>operator</Tag>}
			</span>
		),
	},
	{ head: "State", cell: (row) => <AccountState of={row} />, width: "132px" },
	{ head: "SMS", cell: (row) => <SMSState of={row.smsStatus} />, width: "116px", extra: true },
	{ head: "Email cr", cell: (row) => count(row.emailCredits), numeric: true, width: "104px" },
	{ head: "SMS cr", cell: (row) => count(row.smsCredits), numeric: true, width: "104px", extra: true },
	{ head: "Since", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px", extra: true },
];

/** Everybody who has an account. */
export function Accounts({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const q = search.get("q") ?? "";
	const page = useQuery(accounts(q, placeOf(search)));
	return (
		<Page title="Accounts">
			<AccountTabs />
			<search className="flex flex-wrap items-center gap-2">
				<Search label="Address or name" />
			</search>
			<Listing
				page={page}
				what="The accounts"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				empty={
					<Empty title={q ? `No address and no name begins with ${q}.` : "Accounts will be here."}>
						{search.size > 0 && <ClearFilters>Show everybody</ClearFilters>}
					</Empty>
				}
			/>
			{selected && <AccountPanel key={selected} id={selected} closed={closed} />}
		</Page>
	);
}
