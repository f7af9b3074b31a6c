import { expect, test } from "vitest";
import { concernedBy, kindOf } from "./events.ts";

test("a hint makes stale what it is about, and a new kind everything", () => {
	expect(concernedBy("email")).toEqual([["email"]]);
	expect(concernedBy("key")).toContainEqual(["email", "keys"]);
	expect(concernedBy("of tomorrow")).toEqual([[]]);
	expect(concernedBy("")).toEqual([[]]);
});

test.each([
	['{"kind":"email","id":"x"}', "email"],
	['{"kind":5}', ""],
	["null", ""],
	["{", ""],
])("%s is of kind %s", (data, kind) => {
	expect(kindOf(data)).toBe(kind);
});
