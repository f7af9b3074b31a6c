import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { concernedBy, concerns, kindOf } from "./events.ts";

test("a hint makes stale what it is about, and a new kind everything", () => {
	expect(concernedBy("email")).toContainEqual(["email"]);
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

// The server has no list of its kinds: they are where it publishes them.
test("the page knows the kinds that the server publishes, and no others", () => {
	const kinds = new Set<string>();
	for (const folder of ["../api", "../billing", "../cmd/aviso"]) {
		for (const file of readdirSync(folder).filter((f) => f.endsWith(".go") && !f.endsWith("_test.go"))) {
			const calls = readFileSync(`${folder}/${file}`, "utf8").matchAll(
				/(?:events\.Publish|l\.change)\([^\n]*/g,
			);
			for (const [call] of calls) {
				const kind = /^[\w.]+\([^,]*, "([^"]+)"/.exec(call)?.[1];
				expect(kind, `${file}: ${call}`).toBeDefined();
				kinds.add(kind ?? "");
			}
		}
	}
	expect(Object.keys(concerns).sort()).toEqual([...kinds].sort());
});
