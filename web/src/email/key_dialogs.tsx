import { useState } from "react";
import { api, done, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import { useFreshTokens } from "../api/fresh_token.tsx";
import type { EmailKey } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { Confirm } from "../ui/confirm.tsx";
import { TextField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form_dialog.tsx";
import { Secret } from "../ui/secret.tsx";
import { useToast } from "../ui/toast.tsx";

interface OfKey {
	target: EmailKey;
	onClose(): void;
}

const changes = [
	["email", "keys"],
	["email", "account"],
];
const route = "/api/v1/email/keys/{id}";
const of = (key: EmailKey) => ({ params: { path: { id: key.id } } });

/** Asks for a name, makes a key and shows its token. */
export function NewKey({ onClose }: { onClose(): void }) {
	const [name, setName] = useState("");
	const [token, setToken] = useState("");
	const [, keep] = useFreshTokens();
	const make = useDeed({
		act: () => take(api.POST("/api/v1/email/keys", { body: { name: name.trim() } })),
		changes,
		after: (key) => {
			keep("email", key.token);
			setToken(key.token);
		},
	});
	if (token) {
		return <TokenShown title={`The key ${name.trim()} is made`} token={token} onClose={onClose} />;
	}
	return (
		<FormDialog
			title="New key"
			action="Make the key"
			busy={make.busy}
			error={elsewhere(make.failure, "name")}
			onSubmit={() => make.do()}
			onClose={onClose}
		>
			<TextField
				label="Name"
				help="What will use it, such as shop or staging."
				error={at(make.failure, "name")}
				autoFocus
				maxLength={100}
				value={name}
				onChange={setName}
			/>
		</FormDialog>
	);
}

function TokenShown({ title, token, onClose }: { title: string; token: string; onClose(): void }) {
	const samples = useEmailSamples(token);
	return <Secret title={title} noun="key" secret={token} samples={samples} onClose={onClose} />;
}

/** Gives a key another name. */
export function RenameKey({ target, onClose }: OfKey) {
	const [name, setName] = useState(target.name);
	const rename = useDeed({
		act: () => take(api.PATCH(route, { ...of(target), body: { name: name.trim() } })),
		changes,
		after: onClose,
	});
	return (
		<FormDialog
			title={`Rename ${target.name}`}
			action="Rename the key"
			busy={rename.busy}
			error={elsewhere(rename.failure, "name")}
			onSubmit={() => rename.do()}
			onClose={onClose}
		>
			<TextField
				label="Name"
				error={at(rename.failure, "name")}
				autoFocus
				maxLength={100}
				value={name}
				onChange={setName}
			/>
		</FormDialog>
	);
}

/** Replaces the token of a key and shows the new one. */
export function RotateKey({ target, onClose }: OfKey) {
	const [token, setToken] = useState("");
	const [, keep] = useFreshTokens();
	const rotate = useDeed({
		act: () => take(api.POST("/api/v1/email/keys/{id}/rotate", of(target))),
		changes,
		after: (key) => {
			keep("email", key.token);
			setToken(key.token);
		},
	});
	if (token) {
		return <TokenShown title={`The new token of ${target.name}`} token={token} onClose={onClose} />;
	}
	return (
		<Confirm
			title={`Replace the token of ${target.name}`}
			action="Replace the token"
			busy={rotate.busy}
			error={rotate.failure?.message}
			onConfirm={() => rotate.do()}
			onClose={onClose}
		>
			<p>
				The present token, ending in <code className="mono">{target.last4}</code>, stops working at once. What
				uses it cannot send until it has the new one.
			</p>
		</Confirm>
	);
}

function useSwitch(target: EmailKey, enabled: boolean, onClose: () => void) {
	const say = useToast();
	return useDeed({
		act: () => take(api.PATCH(route, { ...of(target), body: { enabled } })),
		changes,
		after: () => {
			say(`${target.name} is ${enabled ? "enabled" : "disabled"}.`);
			onClose();
		},
	});
}

/** Switches a key off, until it is switched on again. */
export function DisableKey({ target, onClose }: OfKey) {
	const disable = useSwitch(target, false, onClose);
	return (
		<Confirm
			title={`Disable ${target.name}`}
			action="Disable the key"
			cancel="Not now"
			busy={disable.busy}
			error={disable.failure?.message}
			onConfirm={() => disable.do()}
			onClose={onClose}
		>
			<p>
				Calls with it are refused at once. Messages that wait already are still sent. You can enable it again.
			</p>
		</Confirm>
	);
}

/** Switches a key on again. */
export function EnableKey({ target, onClose }: OfKey) {
	const enable = useSwitch(target, true, onClose);
	return (
		<FormDialog
			title={`Enable ${target.name}`}
			action="Enable the key"
			busy={enable.busy}
			error={enable.failure?.message}
			onSubmit={() => enable.do()}
			onClose={onClose}
		>
			<p>Whatever holds its token can send again.</p>
		</FormDialog>
	);
}

/** Deletes a key for good. */
export function DeleteKey({ target, onClose }: OfKey) {
	const say = useToast();
	const remove = useDeed({
		act: () => done(api.DELETE(route, of(target))),
		changes,
		after: () => {
			say(`${target.name} is deleted.`);
			onClose();
		},
	});
	return (
		<Confirm
			title={`Delete ${target.name}`}
			action="Delete the key"
			name={target.name}
			busy={remove.busy}
			error={remove.failure?.message}
			onConfirm={() => remove.do()}
			onClose={onClose}
		>
			<p>
				Whatever uses it stops sending at once, and it cannot be brought back. What it has sent stays in the
				log.
			</p>
		</Confirm>
	);
}
