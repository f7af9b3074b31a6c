import { span } from "./figures.ts";
import { exactTime, useNow } from "./time.tsx";

/** When what waits is tried again; nothing where it does not wait for that. */
export function NextTry({ at }: { at: string | null }) {
	const now = useNow();
	if (!at) {
		return null;
	}
	const wait = new Date(at).getTime() - now;
	return <p title={exactTime(at)}>{wait > 0 ? `Next try in ${span(wait)}.` : "The next try is due now."}</p>;
}
