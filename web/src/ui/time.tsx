import { useSyncExternalStore } from "react";
import { span } from "./figures.ts";

const exact = new Intl.DateTimeFormat("en-GB", {
	day: "numeric",
	month: "short",
	year: "numeric",
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	timeZoneName: "short",
});
const dayOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

const hourMinute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const tick = 10_000;

/** A time of the reader's place, to the second. */
export function exactTime(at: string): string {
	return exact.format(new Date(at));
}

/** A date of the reader's place. */
export function exactDay(at: string): string {
	return dayOnly.format(new Date(at));
}

/** The hour and minute of the reader's place. */
export function clock(at: number): string {
	return hourMinute.format(at);
}

/** A day of UTC, as statistics count it ("2026-03-14" or a time in it). */
export function statisticsDay(day: string): string {
	return shortDay.format(new Date(day));
}

/** How long ago, or how long until; beyond a month it is the date. */
export function relativeTime(at: string, now: number): string {
	const distance = new Date(at).getTime() - now;
	const away = Math.abs(distance);
	if (away < 5_000) {
		return "now";
	}
	if (away > 30 * 86_400_000) {
		return exactDay(at);
	}
	return distance < 0 ? `${span(away)} ago` : `in ${span(away)}`;
}

/** The present, to ten seconds, the same for everything drawn together. */
export function useNow(): number {
	return useSyncExternalStore(everyTick, present);
}

function everyTick(changed: () => void): () => void {
	const timer = setInterval(changed, tick);
	return () => clearInterval(timer);
}

// Rounded up, so that what was made a moment ago is not in the future.
function present(): number {
	return Math.ceil(Date.now() / tick) * tick;
}

/** A time, relative; the exact one on hover. Without one, a dash. */
export function Time({ at }: { at: string | null | undefined }) {
	const now = useNow();
	if (!at) {
		return <span className="text-soft">–</span>;
	}
	return (
		<time dateTime={at} title={exactTime(at)} className="whitespace-nowrap">
			{relativeTime(at, Math.min(now, Math.max(Date.now(), new Date(at).getTime() - tick)))}
		</time>
	);
}
