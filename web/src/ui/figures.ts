const whole = new Intl.NumberFormat("en");
const share = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** 41208 becomes 41,208. */
export function count(n: number): string {
	return whole.format(n);
}

/** Credits, with their unit: 4,812 cr. */
export function credits(n: number): string {
	return `${whole.format(n)} cr`;
}

/** A change of a balance shows its sign: +1,000 or −3. */
export function change(n: number): string {
	return n > 0 ? `+${whole.format(n)}` : whole.format(n).replace("-", "−");
}

/** A part of a whole, as 98.2 %. Nothing of nothing is a dash. */
export function percent(part: number, of: number): string {
	return of === 0 ? "–" : share.format(part / of).replace("%", " %");
}

/** An amount in the smallest unit of its currency: 500 of usd is $5.00. */
export function money(amount: number, currency: string): string {
	const format = new Intl.NumberFormat("en", { style: "currency", currency: currency.toUpperCase() });
	return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** "1 credit", "3 credits". */
export function plural(n: number, one: string, many = `${one}s`): string {
	return `${whole.format(n)} ${n === 1 ? one : many}`;
}

/** Milliseconds in the unit one would say them in. */
export function duration(ms: number): string {
	if (ms < 1000) {
		return `${Math.round(ms)} ms`;
	}
	if (ms < 60_000) {
		return `${(ms / 1000).toFixed(1)} s`;
	}
	return span(ms);
}

/** A time to wait, in at most two units: 3 h 12 min. */
export function span(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	const [d, h, m, s] = [
		Math.floor(seconds / 86400),
		Math.floor(seconds / 3600) % 24,
		Math.floor(seconds / 60) % 60,
		seconds % 60,
	];
	if (d > 0) {
		return h > 0 && d < 7 ? `${d} d ${h} h` : `${d} d`;
	}
	if (h > 0) {
		return m > 0 ? `${h} h ${m} min` : `${h} h`;
	}
	return m > 0 ? `${m} min` : `${s} s`;
}
