import { useSearch } from "wouter";

/** Addresses of one list. They keep its filters, so that it stays as it is behind a panel. */
interface ListAddress {
	/** Of the list without a panel. */
	closed: string;
	/** Of the panel of a row. */
	href(...id: string[]): string;
}

/** The addresses of the list that is shown now, and stands at this one. */
export function useListAddress(list: string): ListAddress {
	const search = useSearch();
	const filters = search ? `?${search}` : "";
	return {
		closed: list + filters,
		href: (...id) => [list, ...id.map(encodeURIComponent)].join("/") + filters,
	};
}
