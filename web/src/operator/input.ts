/** Reads a whole number as people write it: 1,000 or −50; undefined for what is none. */
export function wholeNumber(typed: string): number | undefined {
	const digits = typed
		.trim()
		.replaceAll(/[,\s](?=\d{3}(\D|$))/g, "")
		.replace("−", "-");
	if (!/^[+-]?\d+$/.test(digits)) {
		return undefined;
	}
	const n = Number(digits);
	return Number.isSafeInteger(n) ? n : undefined;
}

/** The last moment of a day of the reader's place; null for what is no day. */
export function dayEnd(day: string): string | null {
	const at = new Date(`${day}T23:59:59.999`);
	return day === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The day of the reader's place that a time is in, as a date field holds it; "" for no time. */
export function dayOf(time: string | null): string {
	if (!time) {
		return "";
	}
	const at = new Date(time);
	const two = (n: number) => String(n).padStart(2, "0");
	return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
