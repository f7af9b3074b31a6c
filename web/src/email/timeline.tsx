import type { Attempt, EmailEvent } from "../api/schema";
import { duration } from "../ui/figures.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Time } from "../ui/time.tsx";
import { Reply } from "./recipients.tsx";

const shapes: Record<EmailEvent["kind"], [IconName, string]> = {
	accepted: ["down", "text-soft"],
	charged: ["dots", "text-soft"],
	attempt: ["arrow", "text-soft"],
	refunded: ["dots", "text-soft"],
	sent: ["check", "text-good"],
	failed: ["cross", "text-bad"],
	cancelled: ["slash", "text-soft"],
	interrupted: ["bolt", "text-odd"],
	unknown: ["question", "text-odd"],
};

const outcomes: Record<Attempt["outcome"], string> = {
	taken: "text-good",
	refused: "text-bad",
	later: "text-wait",
	unknown: "text-odd",
};

/** The life of a message, step by step, oldest first. */
export function Timeline({
	events,
	attempts,
}: {
	events: readonly EmailEvent[];
	attempts: readonly Attempt[];
}) {
	return (
		<ol className="flex flex-col">
			{events.map((event, i) => (
				<Step key={`${event.at}/${i}`} event={event} attempt={attemptOf(event, attempts)} />
			))}
		</ol>
	);
}

function attemptOf(event: EmailEvent, attempts: readonly Attempt[]): Attempt | undefined {
	return event.attempt === null ? undefined : attempts[event.attempt];
}

// The sentence often holds the relay's words already.
function said(event: EmailEvent, attempt: Attempt): string | null {
	return attempt.reply && !event.text.includes(attempt.reply) ? attempt.reply : null;
}

function Step({ event, attempt }: { event: EmailEvent; attempt: Attempt | undefined }) {
	const [icon, plain] = shapes[event.kind];
	const tone = attempt ? outcomes[attempt.outcome] : plain;
	return (
		<li className="group relative flex gap-3 pb-4 last:pb-0">
			<span
				aria-hidden="true"
				className="absolute top-5 bottom-0 left-[9px] w-px bg-line group-last:hidden"
			/>
			<span className={`grid size-5 shrink-0 place-items-center rounded-full bg-sunken ${tone}`}>
				<Icon name={icon} size={12} />
			</span>
			<div className="flex min-w-0 flex-1 flex-col gap-0.5">
				<p className="flex items-baseline justify-between gap-3">
					<span className="min-w-0 break-words">{event.text}</span>
					<span className="shrink-0 text-sm text-soft">
						<Time at={event.at} />
					</span>
				</p>
				{attempt && (
					<p className="flex flex-wrap gap-x-3 text-sm">
						<Reply {...attempt} reply={said(event, attempt)} />
						<span className="text-soft">
							{attempt.relay}, {duration(attempt.durationMs)}
						</span>
					</p>
				)}
			</div>
		</li>
	);
}
