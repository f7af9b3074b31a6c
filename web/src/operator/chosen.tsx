import type { ReactNode } from "react";
import type { ListQuery } from "../ui/listing.tsx";
import { Gone } from "./gone.tsx";

interface ChosenProps<Row> {
	/** What a row is called: "Sender". */
	what: string;
	page: ListQuery<Row>;
	selected: string | undefined;
	closed: string;
	/** The panel of the row. */
	children(row: Row): ReactNode;
}

/** The panel of the selected row, which shows nothing but what the list knows of it. */
export function Chosen<Row extends { id: string }>(props: ChosenProps<Row>) {
	const { what, page, selected, closed, children } = props;
	if (!selected || !page.data) {
		return null;
	}
	const row = page.data.items.find(({ id }) => id === selected);
	return row ? children(row) : <Gone what={what} closed={closed} />;
}
