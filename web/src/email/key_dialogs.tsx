import { useState } from "react";
import { api, done, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import { useFreshTokens } from "../api/fresh_token.tsx";
import type { EmailKey } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Buttons, Dialog } from "../ui/dialog.tsx";
import { Field, Form, FormError, Input } from "../ui/field.tsx";
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
		<Dialog title="New key" onClose={onClose}>
			<Form onSubmit={() => make.do()}>
				<Field
					label="Name"
					help="What will use it, such as shop or staging."
					error={at(make.failure, "name")}
				>
					{(control) => (
						<Input
							{...control}
							autoFocus
							maxLength={100}
							value={name}
							onChange={(e) => setName(e.target.value)}
						/>
					)}
				</Field>
				<FormError>{elsewhere(make.failure, "name")}</FormError>
				<Buttons>
					<Button onClick={onClose}>Cancel</Button>
					<Button type="submit" kind="primary" busy={make.busy}>
						Make the key
					</Button>
				</Buttons>
			</Form>
		</Dialog>
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
		<Dialog title={`Rename ${target.name}`} onClose={onClose}>
			<Form onSubmit={() => rename.do()}>
				<Field label="Name" error={at(rename.failure, "name")}>
					{(control) => (
						<Input
							{...control}
							autoFocus
							maxLength={100}
							value={name}
							onChange={(e) => setName(e.target.value)}
						/>
					)}
				</Field>
				<FormError>{elsewhere(rename.failure, "name")}</FormError>
				<Buttons>
					<Button onClick={onClose}>Cancel</Button>
					<Button type="submit" kind="primary" busy={rename.busy}>
						Rename the key
					</Button>
				</Buttons>
			</Form>
		</Dialog>
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
		<Dialog title={`Enable ${target.name}`} onClose={onClose}>
			<p>Whatever holds its token can send again.</p>
			<FormError>{enable.failure?.message}</FormError>
			<Buttons>
				<Button onClick={onClose}>Cancel</Button>
				<Button kind="primary" busy={enable.busy} onClick={() => enable.do()}>
					Enable the key
				</Button>
			</Buttons>
		</Dialog>
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
