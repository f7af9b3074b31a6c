import { Icon, type IconName } from "./icon.tsx";

type Tone = "good" | "wait" | "bad" | "odd" | "still";

const tones: Record<Tone, string> = {
	good: "text-good",
	wait: "text-wait",
	bad: "text-bad",
	odd: "text-odd",
	still: "text-soft",
};

// A word and a shape for each state; the colour says it a third time.
const states: Record<string, [IconName, Tone, string?]> = {
	sent: ["check", "good"],
	taken: ["check", "good"],
	delivered: ["double", "good"],
	sending: ["arrow", "wait"],
	queued: ["clock", "wait"],
	waiting: ["clock", "wait"],
	pending: ["clock", "wait"],
	failed: ["cross", "bad"],
	refused: ["cross", "bad"],
	undelivered: ["cross", "bad"],
	rejected: ["cross", "bad"],
	unknown: ["question", "odd"],
	interrupted: ["bolt", "odd"],
	cancelled: ["slash", "still"],
	disabled: ["slash", "still"],
	inactive: ["slash", "still"],
	suspended: ["slash", "bad"],
	paused: ["pause", "wait"],
	held: ["pause", "wait"],
	approved: ["check", "good"],
	active: ["check", "good"],
	enabled: ["check", "good"],
	up: ["check", "good"],
	bound: ["check", "good"],
	down: ["cross", "bad"],
	received: ["down", "still"],
};

/** A state, as the API names it. One that is not known is shown as it is. */
export function State({ of, label }: { of: string; label?: string }) {
	const [icon, tone] = states[of] ?? ["dots", "still"];
	return (
		<span className={`inline-flex items-center gap-1.5 align-top whitespace-nowrap ${tones[tone]}`}>
			<Icon name={icon} size={14} />
			{label ?? of}
		</span>
	);
}

/** A small word in a frame, for what a thing is rather than how it stands. */
export function Tag({ children, title }: { children: string; title?: string }) {
	return (
		<span title={title} className="rounded border border-line px-1.5 text-xs whitespace-nowrap text-soft">
			{children}
		</span>
	);
}
