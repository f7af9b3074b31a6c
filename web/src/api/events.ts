import type { QueryClient, QueryKey } from "@tanstack/react-query";

// What an operator watches while messages go through.
const ofOperator = [
	["operator", "overview"],
	["operator", "queue"],
	["operator", "sandbox"],
];

const bought = [
	["email", "credits"],
	["email", "account"],
	["sms", "credits"],
	["sms", "account"],
	["account"],
];

/** Which queries a hint makes stale, by its kind. */
export const concerns: Record<string, readonly QueryKey[]> = {
	email: [["email"], ...ofOperator],
	sms: [["sms"], ["operator", "texts"], ...ofOperator],
	key: [
		["email", "keys"],
		["email", "account"],
	],
	sender: [["email"], ["operator"]],
	credit: bought,
	credits: bought,
	checkout: [["billing"], ...bought],
	account: [["account"], ["email", "account"], ["sms", "account"], ["operator"]],
	"sms.application": [["sms", "account"], ["operator"]],
	"sms.token": [["sms", "account"]],
	"sms.shortcode": [
		["sms", "shortcodes"],
		["sms", "account"],
	],
	optout: [["operator", "texts"]],
	"sandbox.text": [["sms"], ["operator", "sandbox"], ["operator", "texts"]],
	hold: [["operator"]],
	relay: [["operator"]],
	gateway: [["operator"]],
};

/** The queries that a hint of a kind is about; all of them for a kind of tomorrow. */
export function concernedBy(kind: string): readonly QueryKey[] {
	return concerns[kind] ?? [[]];
}

/** Reads the kind of a hint; what is none is "". */
export function kindOf(data: string): string {
	try {
		const hint: unknown = JSON.parse(data);
		return typeof hint === "object" && hint !== null && "kind" in hint && typeof hint.kind === "string"
			? hint.kind
			: "";
	} catch {
		return "";
	}
}

// A browser gives up on a stream that was refused; after this it is tried anew.
const patience = 20_000;

// A busy account sends hundreds of hints a second; reading once shows them all.
const gather = 500;

/** Hints from the server, and the queries they make stale. */
export class Events {
	private source: EventSource | undefined;
	private opened = false;
	private readonly kinds = new Set<string>();
	private timer: ReturnType<typeof setTimeout> | undefined;
	private retry: ReturnType<typeof setTimeout> | undefined;

	/** Whether hints arrive; without them the page asks more often. */
	connected = (): boolean => this.source?.readyState === EventSource.OPEN;

	/** Listens until the function it returns is called. */
	follow(client: QueryClient): () => void {
		this.listen(client);
		return () => {
			this.source?.close();
			clearTimeout(this.timer);
			clearTimeout(this.retry);
			this.timer = undefined;
		};
	}

	private listen(client: QueryClient): void {
		const source = new EventSource("/api/v1/events");
		this.source = source;
		source.onmessage = (event: MessageEvent<string>) => {
			this.kinds.add(kindOf(event.data));
			this.timer ??= setTimeout(() => this.settle(client), gather);
		};
		source.onopen = () => {
			// What was hinted at while there was no stream is not known.
			if (this.opened) {
				void client.invalidateQueries();
			}
			this.opened = true;
		};
		source.onerror = () => {
			if (source.readyState === EventSource.CLOSED) {
				this.retry = setTimeout(() => this.listen(client), patience);
			}
		};
	}

	private settle(client: QueryClient): void {
		const keys = [...this.kinds].flatMap(concernedBy);
		this.kinds.clear();
		this.timer = undefined;
		for (const queryKey of keys) {
			void client.invalidateQueries({ queryKey });
		}
	}
}
