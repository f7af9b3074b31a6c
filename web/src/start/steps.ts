/** What the checklist is filled from; undefined while it is not known. */
export interface Facts {
	isOperator: boolean;
	emailMode: "live" | "sandbox" | "off" | undefined;
	smsMode: "live" | "sandbox" | "off" | undefined;
	keys: number | undefined;
	emails: number | undefined;
	smsStatus: "none" | "pending" | "approved" | "rejected" | "suspended" | undefined;
	textsOut: number | undefined;
	shortcodes: number | undefined;
	textsIn: number | undefined;
}

/** A step to the first messages: done or not; undefined while that is not known. */
export interface Step {
	name: "relay" | "key" | "email" | "apply" | "text" | "shortcode" | "receive";
	done: boolean | undefined;
}

/** The steps that this installation has for this reader, in their order. */
export function stepsOf(facts: Facts): Step[] {
	const steps: Step[] = [];
	if (facts.isOperator) {
		steps.push({ name: "relay", done: known(facts.emailMode, (mode) => mode !== "off") });
	}
	// What is off has no steps, except for who can switch it on.
	if (facts.emailMode !== "off") {
		steps.push(
			{ name: "key", done: known(facts.keys, some) },
			{ name: "email", done: known(facts.emails, some) },
		);
	}
	if (facts.smsMode !== "off") {
		steps.push(
			{ name: "apply", done: known(facts.smsStatus, (status) => status !== "none") },
			{ name: "text", done: known(facts.textsOut, some) },
			{ name: "shortcode", done: known(facts.shortcodes, some) },
			{ name: "receive", done: known(facts.textsIn, some) },
		);
	}
	return steps;
}

/** Whether nothing is left to do; not before all of it is known. */
export function allDone(steps: readonly Step[]): boolean {
	return steps.every((step) => step.done === true);
}

function known<T>(value: T | undefined, done: (value: T) => boolean): boolean | undefined {
	return value === undefined ? undefined : done(value);
}

function some(n: number): boolean {
	return n > 0;
}
