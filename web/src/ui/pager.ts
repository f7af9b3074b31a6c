/** Where in a list the reader is: a number of rows passed, or the row before. */
export interface Place {
	offset: number;
	before?: string;
}

/** What a list says of itself. */
export interface Extent {
	total: number;
	totalCapped?: boolean | undefined;
	count: number;
	limit: number;
	lastId?: string | undefined;
	/** Where to go on, if a filter stopped looking before the page was full. */
	next?: string | undefined;
}

/** Filtered lists are counted, and can be entered by number, to here. */
export const countedTo = 10_000;

/** Reads a place from the address of a page. */
export function placeOf(search: URLSearchParams): Place {
	const offset = Number.parseInt(search.get("offset") ?? "", 10);
	const before = search.get("before");
	const place = { offset: Math.max(offset || 0, 0) };
	return before ? { ...place, before } : place;
}

/** The next page, older rows; null at the end. */
export function older(at: Place, extent: Extent): Place | null {
	const offset = at.offset + extent.count;
	if (extent.next) {
		return { offset, before: extent.next };
	}
	const more = extent.totalCapped || at.before ? extent.count === extent.limit : offset < extent.total;
	if (!more || extent.count === 0) {
		return null;
	}
	// A greater offset would be refused: from there each page follows a row.
	if ((extent.totalCapped && offset > countedTo) || at.before) {
		return extent.lastId ? { offset, before: extent.lastId } : null;
	}
	return { offset };
}

/** "51–100 of 41,208". */
export function extentWords(at: Place, extent: Extent, say: (n: number) => string): string {
	if (extent.count === 0) {
		return extent.next ? "Nothing among the latest. Older looks further back." : "";
	}
	const total = extent.totalCapped ? `more than ${say(extent.total)}` : say(extent.total);
	return `${say(at.offset + 1)}–${say(at.offset + extent.count)} of ${total}`;
}
