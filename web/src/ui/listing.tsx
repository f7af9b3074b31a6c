import type { ReactNode } from "react";
import type { Trouble } from "./failed.tsx";
import type { Extent } from "./pager.ts";
import { Pages } from "./pages.tsx";
import { type Loading, Table, type TableProps } from "./table.tsx";

/** The query behind a list: a page of it, and how reading it went. */
export interface ListQuery<Row> {
	data: (Omit<Extent, "count" | "lastId"> & { items: readonly Row[] }) | undefined;
	error: Trouble | null;
	refetch(): unknown;
}

interface ListingProps<Row> extends Omit<TableProps<Row>, keyof Loading<Row>> {
	page: ListQuery<Row>;
	/** The way to more rows, where it is not the usual one. */
	pager?(props: { extent: Extent | undefined }): ReactNode;
	/** Its API finds a page by number alone, and none that follows a row. */
	numbered?: boolean;
}

/** A list that is read page by page: its rows, and the way to more of them. */
export function Listing<Row>({ page, pager: Pager = Pages, numbered, ...table }: ListingProps<Row>) {
	const { data } = page;
	const last = numbered ? undefined : data?.items.at(-1);
	return (
		<>
			<Table {...table} rows={data?.items} error={page.error} again={page.refetch} />
			<Pager extent={data && { ...data, count: data.items.length, lastId: last && table.id(last) }} />
		</>
	);
}
