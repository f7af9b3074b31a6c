import { useState } from "react";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Hold } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { TextField } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { FormDialog } from "../ui/form_dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";

const changes = [["operator"], ["email"], ["sms"]];

/** Says that everything stands still, where it does. */
export function OnHold({ hold }: { hold: Hold }) {
	if (!hold.held) {
		return null;
	}
	return (
		<p role="status" className="flex items-start gap-2 rounded-md bg-wait-ground px-4 py-3">
			<Icon name="pause" className="mt-0.5 text-wait" />
			<span className="min-w-0 break-words">
				All sending is on hold since <Time at={hold.heldAt} />
				{hold.reason ? `: ${hold.reason}` : "."}
			</span>
		</p>
	);
}

/** Stops all sending, and lets it go on. */
export function HoldSwitch({ hold }: { hold: Hold }) {
	const [asked, setAsked] = useState(false);
	const close = () => setAsked(false);
	return (
		<>
			<Button kind={hold.held ? "primary" : "plain"} onClick={() => setAsked(true)}>
				{hold.held ? "Release" : "Hold all sending"}
			</Button>
			{asked && (hold.held ? <Release onClose={close} /> : <HoldAll onClose={close} />)}
		</>
	);
}

function HoldAll({ onClose }: { onClose(): void }) {
	const [reason, setReason] = useState("");
	const say = useToast();
	const stop = useDeed({
		act: () => take(api.POST("/api/v1/operator/queue/hold", { body: { reason: reason.trim() || null } })),
		changes,
		after: () => {
			say("All sending is on hold.");
			onClose();
		},
	});
	return (
		<Confirm
			title="Hold all sending"
			action="Hold all sending"
			cancel="Not now"
			busy={stop.busy}
			error={stop.failure?.message}
			onConfirm={() => stop.do()}
			onClose={onClose}
		>
			<p>
				Email is still accepted, and waits. Texts are refused without charge. Webhooks wait. What is in the
				middle of an exchange is finished.
			</p>
			<TextField
				label="Reason"
				help="For yourself, and for the audit log. Optional."
				maxLength={500}
				value={reason}
				onChange={setReason}
			/>
		</Confirm>
	);
}

function Release({ onClose }: { onClose(): void }) {
	const [cancelQueued, setCancel] = useState(false);
	const say = useToast();
	const release = useDeed({
		act: () => take(api.POST("/api/v1/operator/queue/release", { body: { cancelQueued } })),
		changes,
		after: ({ resumed, cancelled }) => {
			say(cancelQueued ? `${count(cancelled)} cancelled and refunded.` : `${count(resumed)} go on.`);
			onClose();
		},
	});
	return (
		<FormDialog
			title="Release"
			action={cancelQueued ? "Cancel the queue and release" : "Release"}
			kind={cancelQueued ? "danger" : "primary"}
			cancel="Stay on hold"
			busy={release.busy}
			error={release.failure?.message}
			onSubmit={() => release.do()}
			onClose={onClose}
		>
			<fieldset className="flex flex-col gap-2">
				<legend className="sr-only">What becomes of the queue</legend>
				<Way checked={!cancelQueued} onPick={() => setCancel(false)}>
					Send what was queued. Each message is given back the time of the hold.
				</Way>
				<Way checked={cancelQueued} onPick={() => setCancel(true)}>
					Cancel what was queued, and refund it. This cannot be undone.
				</Way>
			</fieldset>
		</FormDialog>
	);
}

function Way({ checked, onPick, children }: { checked: boolean; onPick(): void; children: string }) {
	return (
		<label className="flex items-start gap-2">
			<input type="radio" name="way" checked={checked} onChange={onPick} className="mt-1" />
			<span>{children}</span>
		</label>
	);
}
