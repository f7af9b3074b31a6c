import type { SmsMessage } from "../api/schema";

/** The texts of one day of the reader's place, oldest first. */
export interface DayOfTexts {
	/** The time of the first text in it. */
	at: string;
	texts: SmsMessage[];
}

/** Turns texts as a list gives them, newest first, into days as one reads them. */
export function daysOf(newestFirst: readonly SmsMessage[]): DayOfTexts[] {
	const days: DayOfTexts[] = [];
	let open: DayOfTexts | undefined;
	for (const text of newestFirst.toReversed()) {
		if (!open || dayOf(open.at) !== dayOf(text.createdAt)) {
			open = { at: text.createdAt, texts: [] };
			days.push(open);
		}
		open.texts.push(text);
	}
	return days;
}

function dayOf(at: string): string {
	return new Date(at).toDateString();
}
