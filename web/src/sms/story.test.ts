import { expect, test } from "vitest";
import type { CreditEntry, SmsMessage, SmsMessageDetail } from "../api/schema";
import { conversationPath, peerIn } from "./paths.ts";
import { pushState } from "./pushes.tsx";
import { storyOf } from "./story.ts";
import { daysOf } from "./thread.ts";

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString();

const entry = (delta: number, createdAt: string): CreditEntry => ({
	id: createdAt,
	delta,
	balanceAfter: 9,
	reason: delta < 0 ? "charge" : "refund",
	ref: "",
	note: "",
	messageId: "1",
	createdAt,
});

const sent: SmsMessageDetail = {
	id: "1",
	direction: "out",
	peer: "+447700900123",
	ours: "+2899682626",
	content: "It works.",
	shortcode: null,
	status: "delivered",
	standing: "Delivered.",
	encoding: "GSM-7",
	gateway: "carrier",
	segments: [],
	receipts: [{ at: at(9), segment: 1, state: "delivered", code: "000", text: "id:1 err:000" }],
	attempts: [
		{
			gateway: "first",
			outcome: "later",
			code: "ESME_RTHROTTLED",
			text: null,
			startedAt: at(1),
			durationMs: 20,
		},
		{ gateway: "carrier", outcome: "taken", code: null, text: null, startedAt: at(2), durationMs: 82 },
	],
	push: null,
	credits: [entry(-1, at(0)), entry(1, at(12))],
	creditCost: 1,
	webhookStatus: null,
	webhookError: null,
	lastError: null,
	createdAt: at(0),
	sentAt: at(2),
	doneAt: at(9),
};

test("a text's life is told in the order it happened, in words", () => {
	expect(storyOf(sent).map((event) => [event.says, event.words])).toEqual([
		["Accepted", ""],
		["Charged 1 credit", ""],
		["first could not take it then, 20 ms", "ESME_RTHROTTLED"],
		["carrier took it, 82 ms", ""],
		["Report: delivered", "id:1 err:000"],
		["Refunded 1 credit", ""],
	]);
});

test("a report names its segment only where there are several", () => {
	const segment = {
		number: 1,
		status: "delivered",
		gateway: null,
		messageId: null,
		code: null,
		text: null,
		submittedAt: null,
		answeredAt: null,
		receiptAt: null,
	} as const;
	const story = storyOf({ ...sent, segments: [segment, { ...segment, number: 2 }] });
	expect(story.map((event) => event.says)).toContain("Report of segment 1: delivered");
});

test("a conversation reads from the oldest to the newest, day by day", () => {
	const texts = ["2026-03-02T12:00", "2026-03-01T13:00", "2026-03-01T12:00"].map(
		(createdAt, i) => ({ id: String(i), createdAt }) as SmsMessage,
	);
	expect(daysOf(texts).map((day) => day.texts.map((text) => text.id))).toEqual([["2", "1"], ["0"]]);
	expect(daysOf([])).toEqual([]);
});

test("only an answer of 2xx is a push that went well", () => {
	expect([200, 204, 302, 404, 500].map((status) => pushState({ done: true, status }))).toEqual([
		"sent",
		"sent",
		"refused",
		"refused",
		"refused",
	]);
	expect(pushState({ done: true, status: null })).toBe("failed");
	expect(pushState({ done: false, status: null })).toBe("sending");
});

test("a number survives its way through an address", () => {
	for (const peer of ["+447700900123", "TXT INFO", "a/b", "50%"]) {
		// The router decodes the address as a whole, which leaves + and / as they are.
		expect(peerIn(decodeURI(conversationPath(peer)).split("/").at(-1) ?? "")).toBe(peer);
	}
});
