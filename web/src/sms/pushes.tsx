import type { Push } from "../api/schema";
import { duration } from "../ui/figures.ts";
import { State, Tag } from "../ui/state.tsx";
import { Time } from "../ui/time.tsx";

/** Calls of a webhook and what it answered. */
export function PushList({ pushes }: { pushes: readonly Push[] }) {
	return (
		<ul className="card divide-y divide-line text-sm">
			{pushes.map((push) => (
				<li key={push.id} className="flex flex-col gap-1 px-3 py-2">
					<span className="flex min-h-5 items-center justify-between gap-3">
						<span className="flex items-center gap-2">
							<State of={pushState(push)} label={pushWords(push)} />
							{push.test && <Tag title="Asked for here; it carried no text.">test</Tag>}
						</span>
						<span className="text-soft">
							{push.ms !== null && `${duration(push.ms)}, `}
							<Time at={push.at} />
						</span>
					</span>
					{push.error && <span className="break-words text-soft">{push.error}</span>}
					{push.answer && (
						<pre className="mono max-h-40 overflow-auto rounded bg-sunken px-2 py-1 text-xs break-words whitespace-pre-wrap">
							{push.answer}
						</pre>
					)}
				</li>
			))}
		</ul>
	);
}

/** How a call went, as states are named. */
export function pushState(push: Pick<Push, "done" | "status">): string {
	if (push.status === null) {
		return push.done ? "failed" : "sending";
	}
	return push.status >= 200 && push.status < 300 ? "sent" : "refused";
}

function pushWords(push: Push): string {
	if (push.status !== null) {
		return `answered ${push.status}`;
	}
	return push.done ? "no answer" : "running";
}
