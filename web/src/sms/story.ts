import type { SmsMessageDetail, SmsReceipt } from "../api/schema";
import { duration, plural } from "../ui/figures.ts";
import type { IconName } from "../ui/icon.tsx";

/** Something that happened to a text. */
interface Event {
	at: string;
	icon: IconName;
	tone: string;
	/** In words of ours. */
	says: string;
	/** In theirs: a code and what a gateway or a network said; "" for nothing. */
	words: string;
}

type Look = [icon: IconName, tone: string, says: string];

const outcomes: Record<SmsMessageDetail["attempts"][number]["outcome"], Look> = {
	taken: ["arrow", "text-good", "took it"],
	refused: ["cross", "text-bad", "refused it"],
	later: ["clock", "text-wait", "could not take it then"],
	unknown: ["question", "text-odd", "did not answer whether it has it"],
};

const reports: Record<SmsReceipt["state"], Look> = {
	enroute: ["arrow", "text-wait", "on its way"],
	accepted: ["arrow", "text-wait", "accepted by the network"],
	delivered: ["double", "text-good", "delivered"],
	expired: ["cross", "text-bad", "expired before it could be delivered"],
	deleted: ["cross", "text-bad", "deleted by the network"],
	undeliverable: ["cross", "text-bad", "could not be delivered"],
	rejected: ["cross", "text-bad", "rejected by the network"],
	unknown: ["question", "text-odd", "state not known to the network"],
};

/** The life of a text, oldest first. */
export function storyOf(text: SmsMessageDetail): Event[] {
	return [beginning(text), ...credits(text), ...attempts(text), ...receipts(text)].sort((a, b) =>
		a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
	);
}

function beginning(text: SmsMessageDetail): Event {
	const says = text.direction === "in" ? `Received for ${text.shortcode ?? "nobody"}` : "Accepted";
	return { at: text.createdAt, icon: "down", tone: "text-soft", says, words: "" };
}

function credits(text: SmsMessageDetail): Event[] {
	return text.credits.map((entry) => ({
		at: entry.createdAt,
		icon: "dots",
		tone: "text-soft",
		says: `${entry.delta < 0 ? "Charged" : "Refunded"} ${plural(Math.abs(entry.delta), "credit")}`,
		words: entry.note,
	}));
}

function attempts(text: SmsMessageDetail): Event[] {
	return text.attempts.map((attempt) => {
		const [icon, tone, says] = outcomes[attempt.outcome];
		return {
			at: attempt.startedAt,
			icon,
			tone,
			says: `${attempt.gateway} ${says}, ${duration(attempt.durationMs)}`,
			words: said(attempt.code, attempt.text),
		};
	});
}

function receipts(text: SmsMessageDetail): Event[] {
	return text.receipts.map((receipt) => {
		const [icon, tone, says] = reports[receipt.state];
		const part = receipt.segment !== null && text.segments.length > 1 ? ` of segment ${receipt.segment}` : "";
		return {
			at: receipt.at,
			icon,
			tone,
			says: `Report${part}: ${says}`,
			words: said(receipt.code, receipt.text),
		};
	});
}

function said(code: string | null, text: string | null): string {
	// Some give the code in their words as well.
	return code && !text?.includes(code) ? [code, text].filter(Boolean).join(" ") : (text ?? "");
}
