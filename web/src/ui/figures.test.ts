import { expect, test } from "vitest";
import { change, count, credits, duration, money, percent, plural, span } from "./figures.ts";
import { relativeTime } from "./time.tsx";

test("figures as the page writes them", () => {
	expect(count(41208)).toBe("41,208");
	expect(credits(4812)).toBe("4,812 cr");
	expect(change(1000)).toBe("+1,000");
	expect(change(-3)).toBe("−3");
	expect(change(0)).toBe("0");
	expect(percent(982, 1000)).toBe("98.2 %");
	expect(percent(0, 0)).toBe("–");
	expect(plural(1, "recipient")).toBe("1 recipient");
	expect(plural(1200, "recipient")).toBe("1,200 recipients");
});

test("money knows how many decimals a currency has", () => {
	expect(money(500, "usd")).toBe("$5.00");
	expect(money(500, "jpy")).toBe("¥500");
	expect(money(1999, "eur")).toBe("€19.99");
});

test.each([
	[82, "82 ms"],
	[1500, "1.5 s"],
	[61_000, "1 min"],
])("%d ms is %s", (ms, words) => {
	expect(duration(ms)).toBe(words);
});

test.each([
	[-5, "0 s"],
	[59_000, "59 s"],
	[3_600_000, "1 h"],
	[11_520_000, "3 h 12 min"],
	[86_400_000 + 3_600_000, "1 d 1 h"],
	[8 * 86_400_000 + 3_600_000, "8 d"],
])("%d ms away is %s", (ms, words) => {
	expect(span(ms)).toBe(words);
});

test("a time is told from now, and by its date when that is far", () => {
	const now = Date.parse("2026-03-14T12:00:00.000Z");
	const at = (distance: number) => relativeTime(new Date(now + distance).toISOString(), now);
	expect(at(-1000)).toBe("now");
	expect(at(-120_000)).toBe("2 min ago");
	expect(at(3 * 3_600_000)).toBe("in 3 h");
	expect(at(-60 * 86_400_000)).toBe("13 Jan 2026");
});
