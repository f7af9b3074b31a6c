import { Link } from "wouter";
import type { CreditEntry } from "../api/schema";
import { Empty } from "../ui/empty.tsx";
import { change, count } from "../ui/figures.ts";
import { Listing, type ListQuery } from "../ui/listing.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";

interface HistoryProps {
	page: ListQuery<CreditEntry>;
	/** Where the messages are that were paid for. */
	messages: string;
	empty: string;
}

/** The ledger of one product, newest first. */
export function History({ page, messages, empty }: HistoryProps) {
	return (
		<Listing
			page={page}
			what="The history"
			columns={columns(messages)}
			id={(entry) => entry.id}
			empty={<Empty title={empty} />}
		/>
	);
}

function columns(messages: string): Column<CreditEntry>[] {
	return [
		{ head: "When", cell: (entry) => <Time at={entry.createdAt} />, width: "132px" },
		{ head: "What", cell: (entry) => entry.reason, width: "112px" },
		{ head: "For", cell: (entry) => <What entry={entry} messages={messages} /> },
		{ head: "Change", cell: (entry) => change(entry.delta), numeric: true, width: "112px" },
		{ head: "Balance", cell: (entry) => count(entry.balanceAfter), numeric: true, width: "112px" },
	];
}

function What({ entry, messages }: { entry: CreditEntry; messages: string }) {
	if (entry.messageId) {
		return (
			<Link to={`${messages}/${encodeURIComponent(entry.messageId)}`} className="link mono">
				{entry.messageId}
			</Link>
		);
	}
	return entry.note || <span className="text-soft">–</span>;
}
