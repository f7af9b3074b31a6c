import { expect, test } from "vitest";
import { allDone, type Facts, stepsOf } from "./steps.ts";

const newcomer: Facts = {
	isOperator: false,
	emailMode: "sandbox",
	smsMode: "sandbox",
	keys: 0,
	emails: 0,
	smsStatus: "none",
	textsOut: 0,
	shortcodes: 0,
	textsIn: 0,
};

const names = (facts: Facts) => stepsOf(facts).map((step) => step.name);

test("a newcomer has everything before them, and no relay to add", () => {
	expect(names(newcomer)).toEqual(["key", "email", "apply", "text", "shortcode", "receive"]);
	expect(stepsOf(newcomer).every((step) => step.done === false)).toBe(true);
});

test("what is off has no steps; an operator is told to add a relay", () => {
	const off: Facts = { ...newcomer, emailMode: "off", smsMode: "off" };
	expect(names(off)).toEqual([]);
	expect(stepsOf({ ...off, isOperator: true })).toEqual([{ name: "relay", done: false }]);
});

test("a refused application is one all the same", () => {
	const step = stepsOf({ ...newcomer, smsStatus: "rejected" }).find(({ name }) => name === "apply");
	expect(step?.done).toBe(true);
});

test("it is done when all is, and not while something is unknown", () => {
	const done: Facts = {
		...newcomer,
		keys: 1,
		emails: 3,
		smsStatus: "approved",
		textsOut: 1,
		shortcodes: 1,
		textsIn: 2,
	};
	expect(allDone(stepsOf(done))).toBe(true);
	expect(allDone(stepsOf({ ...done, textsIn: undefined }))).toBe(false);
	expect(allDone(stepsOf({ ...done, keys: 0 }))).toBe(false);
});
