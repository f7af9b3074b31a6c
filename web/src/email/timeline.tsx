import type { Attempt, EmailEvent } from "../api/schema";
import { duration } from "../ui/figures.ts";
import type { IconName } from "../ui/icon.tsx";
import { Timeline, TimelineItem } from "../ui/timeline.tsx";
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
export function MessageTimeline({
	events,
	attempts,
}: {
	events: readonly EmailEvent[];
	attempts: readonly Attempt[];
}) {
	return (
		<Timeline>
			{events.map((event, i) => (
				<Step key={`${event.at}/${i}`} event={event} attempt={attemptOf(event, attempts)} />
			))}
		</Timeline>
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
		<TimelineItem icon={icon} tone={tone} at={event.at} says={event.text}>
			{attempt && (
				<p className="flex flex-wrap gap-x-3 text-sm">
					<Reply {...attempt} reply={said(event, attempt)} />
					<span className="text-soft">
						{attempt.relay}, {duration(attempt.durationMs)}
					</span>
				</p>
			)}
		</TimelineItem>
	);
}
