import { useState } from "react";
import { Link } from "wouter";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Moved, QueuedMessage } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Code } from "../ui/copy.tsx";
import { FormError } from "../ui/field.tsx";
import { count, plural } from "../ui/figures.ts";
import { NextTry } from "../ui/next_try.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { State } from "../ui/state.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { root } from "./queries.ts";

/** One message of the queue, and what can be done with it. */
export function QueuedPanel({ message: m, closed }: { message: QueuedMessage; closed: string }) {
	return (
		<Panel title={m.subject || "No subject"} closed={closed}>
			<section className="flex flex-col items-start gap-2 rounded-md bg-sunken p-4">
				<State of={m.status} />
				{m.waitsFor && <p>It waits for the daily cap of {m.waitsFor.replace("/", " ")}.</p>}
				{m.lastError && <p className="mono break-words">{m.lastError}</p>}
				{m.status === "unknown" && (
					<p>
						A relay may have it: it is never sent again by itself. Look it up there by its id, and say what
						became of it.
					</p>
				)}
				{m.status === "queued" && (
					<>
						<NextTry at={m.nextAttemptAt} />
						<p className="text-soft">
							Who still waits <Time at={m.expiresAt} /> is given up, and refunded.
						</p>
					</>
				)}
			</section>
			<Deeds message={m} />
			<Facts>
				<Fact name="From">{m.from}</Fact>
				<Fact name="To">{plural(m.recipients, "recipient")}</Fact>
				<Fact name="Account">
					{m.accountId === "" ? (
						"the installation itself"
					) : (
						<Link to={`${root}/accounts/${encodeURIComponent(m.accountId)}`} className="link">
							{m.accountEmail}
						</Link>
					)}
				</Fact>
				<Fact name="Relay">{m.relay ?? "none was tried"}</Fact>
				<Fact name="Attempts">{count(m.attempts)}</Fact>
				<Fact name="Accepted">{exactTime(m.createdAt)}</Fact>
				<Fact name="Message id">
					<Code text={m.id} />
				</Fact>
			</Facts>
		</Panel>
	);
}

type Asked = "cancel" | "sent" | "failed";

const questions: Record<Asked, { title: string; action: string; says: string }> = {
	cancel: {
		title: "Cancel the message",
		action: "Cancel and refund",
		says: "It leaves the queue and is not sent to whoever still waits; they are refunded. Who has it keeps it.",
	},
	sent: {
		title: "It was sent",
		action: "It was sent",
		says: "The message counts as sent and stays charged. Say so when the relay has it.",
	},
	failed: {
		title: "It was not sent",
		action: "It was not sent; refund",
		says: "The message counts as failed and is refunded. It is not sent again by itself.",
	},
};

function Deeds({ message: m }: { message: QueuedMessage }) {
	const [asked, setAsked] = useState<Asked | null>(null);
	const say = useToast();
	const params = { path: { id: m.id } };
	const changes = [["operator"], ["email"]];
	const after = (moved: Moved) => {
		say(
			`It is ${moved.status}${moved.refunded > 0 ? `, ${plural(moved.refunded, "credit")} refunded` : ""}.`,
		);
		setAsked(null);
	};
	const retry = useDeed({
		act: () => take(api.POST("/api/v1/operator/queue/{id}/retry", { params })),
		changes,
		after,
	});
	const settle = useDeed({
		act: (what: Asked) =>
			what === "cancel"
				? take(api.POST("/api/v1/operator/queue/{id}/cancel", { params }))
				: take(api.POST("/api/v1/operator/queue/{id}/settle", { params, body: { outcome: what } })),
		changes,
		after,
	});
	const question = asked && questions[asked];
	const ask = (what: Asked) => {
		settle.reset();
		setAsked(what);
	};
	return (
		<div className="flex flex-col gap-3">
			<div className="flex flex-wrap gap-2">
				{m.status === "queued" && (
					<>
						<Button kind="primary" busy={retry.busy} onClick={() => retry.do()}>
							Try now
						</Button>
						<Button kind="danger" onClick={() => ask("cancel")}>
							Cancel
						</Button>
					</>
				)}
				{m.status === "unknown" && (
					<>
						<Button onClick={() => ask("sent")}>It was sent</Button>
						<Button onClick={() => ask("failed")}>It was not sent</Button>
					</>
				)}
			</div>
			<FormError>{retry.failure?.message}</FormError>
			{asked && question && (
				<Confirm
					title={question.title}
					action={question.action}
					cancel="Back"
					busy={settle.busy}
					error={settle.failure?.message}
					onConfirm={() => settle.do(asked)}
					onClose={() => setAsked(null)}
				>
					<p>{question.says}</p>
				</Confirm>
			)}
		</div>
	);
}
