import { expect, test } from "vitest";
import type { SandboxText } from "../api/schema";
import { dayEnd, dayOf, wholeNumber } from "./input.ts";
import { headersOf } from "./mail_headers.ts";
import { phonesOf } from "./phones.ts";

test("headers keep their order, folded lines are joined, and the body is not looked at", () => {
	const source =
		"Received: from a\r\n\tby b\r\nSubject: Hello:  you\r\nReceived: again\r\nno field\r\n\r\nTo: nobody\r\n";
	expect(headersOf(source)).toEqual([
		["Received", "from a by b"],
		["Subject", "Hello:  you"],
		["Received", "again"],
		["", "no field"],
	]);
	expect(headersOf("")).toEqual([]);
	expect(headersOf(" folded onto nothing\n\nbody")).toEqual([["", " folded onto nothing"]]);
});

test("each phone has its own texts, oldest first, whichever way they went", () => {
	const text = (id: string, direction: "in" | "out", from: string, to: string) =>
		({ id, direction, from, to }) as SandboxText;
	const phones = phonesOf([
		text("4", "out", "+1", "+30"),
		text("3", "in", "+20", "+1"),
		text("2", "out", "+1", "+20"),
		text("x", "in", "447700900123", "+1"),
		text("y", "out", "+1", "+447700900123"),
		text("z", "in", "60006", "+1"),
		text("1", "in", "+30", "+1"),
	]);
	expect(phones.map((phone) => [phone.number, phone.texts.map((t) => t.id)])).toEqual([
		["+30", ["1", "4"]],
		["+20", ["2", "3"]],
		["+447700900123", ["y", "x"]],
		["60006", ["z"]],
	]);
});

test("numbers are read as people write them, and nothing else is a number", () => {
	expect(["1000", " 1,000 ", "1 000 000", "-50", "−50", "+5", "0"].map(wholeNumber)).toEqual([
		1000, 1000, 1_000_000, -50, -50, 5, 0,
	]);
	for (const typed of ["", "x", "1.5", "1,00", "1e3", "--1", "99999999999999999999"]) {
		expect(wholeNumber(typed)).toBeUndefined();
	}
});

test("a day ends in its last moment, and a time is in its day again", () => {
	const end = dayEnd("2026-03-01");
	expect(end).toMatch(/^2026-0[23]-\d\dT\d\d:\d\d:59\.999Z$/);
	expect(dayOf(end)).toBe("2026-03-01");
	expect([dayEnd(""), dayEnd("soon"), dayOf(null)]).toEqual([null, null, ""]);
});
