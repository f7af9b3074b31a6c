import { expect, test } from "vitest";
import { extentWords, older, placeOf } from "./pager.ts";

const page = (total: number, count = 50, totalCapped?: boolean) => ({
	total,
	count,
	limit: 50,
	totalCapped,
	lastId: "last",
});

test("a place is read from the address, whatever stands there", () => {
	expect(placeOf(new URLSearchParams("offset=100"))).toEqual({ offset: 100 });
	expect(placeOf(new URLSearchParams("offset=100&before=abc"))).toEqual({ offset: 100, before: "abc" });
	for (const nonsense of ["", "offset=-5", "offset=x", "offset="]) {
		expect(placeOf(new URLSearchParams(nonsense))).toEqual({ offset: 0 });
	}
});

test("without a filter every page has a number, however deep", () => {
	expect(older({ offset: 0 }, page(120))).toEqual({ offset: 50 });
	expect(older({ offset: 100 }, page(120, 20))).toBeNull();
	expect(older({ offset: 50 }, page(100))).toBeNull();
	expect(older({ offset: 9_999_950 }, page(10_000_000))).toBeNull();
	expect(older({ offset: 5_000_000 }, page(10_000_000))).toEqual({ offset: 5_000_050 });
	expect(older({ offset: 0 }, page(0, 0))).toBeNull();
});

test("beyond what is counted a page follows the row before", () => {
	expect(older({ offset: 9_900 }, page(10_000, 50, true))).toEqual({ offset: 9_950 });
	expect(older({ offset: 9_950 }, page(10_000, 50, true))).toEqual({ offset: 10_000 });
	expect(older({ offset: 10_000 }, page(10_000, 50, true))).toEqual({ offset: 10_050, before: "last" });
	expect(older({ offset: 10_050, before: "x" }, page(10_000, 50, true))).toEqual({
		offset: 10_100,
		before: "last",
	});
	expect(older({ offset: 10_100, before: "x" }, page(10_000, 12, true))).toBeNull();
});

test("a filter that stopped looking goes on where it stopped, even with nothing found", () => {
	expect(older({ offset: 0 }, { ...page(0, 0), next: "there" })).toEqual({ offset: 0, before: "there" });
	expect(older({ offset: 50 }, { ...page(80, 30), next: "there" })).toEqual({ offset: 80, before: "there" });
	expect(extentWords({ offset: 0 }, { ...page(0, 0), next: "there" }, String)).toContain("Older");
});

test("the extent in words", () => {
	const say = (n: number) => String(n);
	expect(extentWords({ offset: 50 }, page(120), say)).toBe("51–100 of 120");
	expect(extentWords({ offset: 0 }, page(10_000, 50, true), say)).toBe("1–50 of more than 10000");
	expect(extentWords({ offset: 0 }, page(0, 0), say)).toBe("");
});
