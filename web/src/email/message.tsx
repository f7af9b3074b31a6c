import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { EmailLogDetail, EmailSource } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Code, CopyButton } from "../ui/copy.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { count, plural } from "../ui/figures.ts";
import { NextTry } from "../ui/next_try.tsx";
import { Fact, Facts, Panel, PanelSection } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { message } from "./queries.ts";
import { RecipientList } from "./recipients.tsx";
import { MessageTimeline } from "./timeline.tsx";

/** One message: what it is, where it stands, how it got there, and its source. */
export function MessagePanel({ messageId, closed }: { messageId: string; closed: string }) {
	const { data, error, refetch } = useQuery(message(messageId));
	const title = data ? data.subject || "No subject" : error ? "Message" : " ";
	return (
		<Panel title={title} closed={closed}>
			{data ? (
				<Told message={data} />
			) : error ? (
				<Failed what="The message" error={error} again={refetch} />
			) : (
				<Room />
			)}
		</Panel>
	);
}

function Room() {
	return (
		<>
			{["h-32", "h-16", "h-56"].map((height) => (
				<Skeleton key={height} className={`w-full ${height}`} />
			))}
		</>
	);
}

function Told({ message: m }: { message: EmailLogDetail }) {
	return (
		<>
			<Standing message={m} />
			<Facts>
				<Fact name="From">{m.from}</Fact>
				<Fact name="Sent with">
					{m.keyName ?? "a deleted key"}, by {m.channel === "http" ? "the API" : "SMTP"}
				</Fact>
				<Fact name="Credits">{count(m.creditsCharged)}</Fact>
				<Fact name="Accepted">{exactTime(m.createdAt)}</Fact>
				<Fact name="Message id">
					<Code text={m.messageId} />
				</Fact>
				<Fact name="Message-ID">
					<Code text={m.smtpMessageId} />
				</Fact>
			</Facts>
			<PanelSection title="What happened">
				<MessageTimeline events={m.timeline} attempts={m.attempts} />
			</PanelSection>
			<PanelSection title={plural(m.recipients.length, "recipient")}>
				<RecipientList recipients={m.recipients} />
			</PanelSection>
			<Source source={m.source} />
		</>
	);
}

function Standing({ message: m }: { message: EmailLogDetail }) {
	const cancel = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/email/logs/{messageId}/cancel", { params: { path: { messageId: m.messageId } } }),
			),
		changes: [["email"]],
	});
	return (
		<section className="flex flex-col items-start gap-2 rounded-md bg-sunken p-4">
			<State of={m.status} />
			<p className="font-medium">{m.standing}</p>
			<NextTry at={m.nextAttemptAt} />
			{m.next && <p className="text-soft">{m.next}</p>}
			{m.expiresAt && (
				<p className="text-soft">
					Given up and refunded <Time at={m.expiresAt} /> if it still waits.
				</p>
			)}
			{m.cancellable && (
				<Button busy={cancel.busy} onClick={() => cancel.do()}>
					Cancel and refund
				</Button>
			)}
			<FormError>{cancel.failure?.message}</FormError>
		</section>
	);
}

function Source({ source }: { source: EmailSource | null }) {
	if (!source) {
		return (
			<p className="text-soft">
				The source is not kept: a message that was sent at once leaves no copy here.
			</p>
		);
	}
	return (
		<details className="flex flex-col gap-3">
			<summary className="font-semibold">Source, {plural(source.bytes, "byte")}</summary>
			<div className="mt-3 flex flex-col items-start gap-2">
				<CopyButton text={source.text} />
				{/* Text and nothing else: React writes it as such, whatever it holds. */}
				<pre className="mono card max-h-[60vh] w-full overflow-auto p-3 text-xs">{source.text}</pre>
				{source.truncated && <p className="text-soft">This is the beginning; the rest is not shown.</p>}
			</div>
		</details>
	);
}
