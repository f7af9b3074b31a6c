import { useState } from "react";
import { useLocation } from "wouter";
import { api, done, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { Shortcode } from "../api/schema";
import { Confirm } from "../ui/confirm.tsx";
import { TextField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form_dialog.tsx";
import { Secret } from "../ui/secret.tsx";
import { useToast } from "../ui/toast.tsx";

interface OfShortcode {
	target: Shortcode;
	onClose(): void;
}

const changes = [
	["sms", "shortcodes"],
	["sms", "account"],
];
const route = "/api/v1/sms/shortcodes/{id}";
const of = (code: Shortcode) => ({ params: { path: { id: code.id } } });

const webhookHelp = "https, at a public address. Without one, texts are only listed.";

/** Registers a shortcode, and shows the secret of its webhook. */
export function NewShortcode({ onClose }: { onClose(): void }) {
	const [code, setCode] = useState("");
	const [url, setUrl] = useState("");
	const [own, setOwn] = useState("");
	const [secret, setSecret] = useState("");
	const name = code.trim().toLowerCase();
	const make = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/sms/shortcodes", {
					body: { code: name, webhookUrl: url.trim() || null, webhookSecret: own || null },
				}),
			),
		changes,
		after: (made) => (made.secret ? setSecret(made.secret) : onClose()),
	});
	if (secret) {
		return <SecretShown title={`${name} is registered`} secret={secret} onClose={onClose} />;
	}
	return (
		<FormDialog
			title="New shortcode"
			action="Register the shortcode"
			busy={make.busy}
			error={elsewhere(make.failure, "code", "webhookUrl", "webhookSecret")}
			onSubmit={() => make.do()}
			onClose={onClose}
		>
			<TextField
				label="Shortcode"
				help="2 to 20 letters, digits, - and _. People write it as the first word of a text."
				error={at(make.failure, "code")}
				autoFocus
				autoCapitalize="none"
				autoComplete="off"
				spellCheck={false}
				maxLength={20}
				value={code}
				onChange={setCode}
			/>
			<UrlField value={url} onChange={setUrl} error={at(make.failure, "webhookUrl")} />
			{url.trim() && (
				<TextField
					label="Secret of the webhook"
					help="Comes with every call, so that you know it is from here. Left empty, one is made."
					error={at(make.failure, "webhookSecret")}
					autoComplete="off"
					spellCheck={false}
					maxLength={200}
					value={own}
					onChange={setOwn}
				/>
			)}
		</FormDialog>
	);
}

interface UrlFieldProps {
	value: string;
	onChange(value: string): void;
	error: string | undefined;
}

function UrlField({ value, onChange, error }: UrlFieldProps) {
	return (
		<TextField
			label="Webhook"
			help={webhookHelp}
			error={error}
			inputMode="url"
			autoComplete="off"
			spellCheck={false}
			maxLength={2000}
			placeholder="https://"
			value={value}
			onChange={onChange}
		/>
	);
}

function SecretShown(props: { title: string; secret: string; onClose(): void }) {
	return <Secret noun="secret of the webhook" {...props} />;
}

/** Gives a shortcode another webhook, or takes it away. */
export function ChangeWebhook({ target, onClose }: OfShortcode) {
	const [url, setUrl] = useState(target.webhookUrl ?? "");
	const [secret, setSecret] = useState("");
	const say = useToast();
	const change = useDeed({
		act: () => take(api.PATCH(route, { ...of(target), body: { webhookUrl: url.trim() || null } })),
		changes,
		after: (after) => {
			if (after.secret) {
				setSecret(after.secret);
				return;
			}
			say(after.webhookUrl ? "The webhook is changed." : "The webhook is removed.");
			onClose();
		},
	});
	if (secret) {
		return <SecretShown title={`The webhook of ${target.code}`} secret={secret} onClose={onClose} />;
	}
	return (
		<FormDialog
			title={`Webhook of ${target.code}`}
			action={url.trim() || !target.webhookUrl ? "Save the webhook" : "Remove the webhook"}
			busy={change.busy}
			error={elsewhere(change.failure, "webhookUrl")}
			onSubmit={() => change.do()}
			onClose={onClose}
		>
			<UrlField value={url} onChange={setUrl} error={at(change.failure, "webhookUrl")} />
		</FormDialog>
	);
}

/** Makes a new secret for the webhook, and shows it. */
export function NewSecret({ target, onClose }: OfShortcode) {
	const [secret, setSecret] = useState("");
	const renew = useDeed({
		act: () => take(api.PATCH(route, { ...of(target), body: { webhookSecret: null } })),
		changes,
		after: (after) => setSecret(after.secret ?? ""),
	});
	if (secret) {
		return <SecretShown title={`The new secret of ${target.code}`} secret={secret} onClose={onClose} />;
	}
	return (
		<Confirm
			title={`Replace the secret of ${target.code}`}
			action="Replace the secret"
			busy={renew.busy}
			error={renew.failure?.message}
			onConfirm={() => renew.do()}
			onClose={onClose}
		>
			<p>
				Every call from now on carries the new one. A webhook that compares it refuses texts until it knows
				it.
			</p>
		</Confirm>
	);
}

/** Deletes a shortcode for good. */
export function DeleteShortcode({ target, onClose }: OfShortcode) {
	const [, go] = useLocation();
	const say = useToast();
	const remove = useDeed({
		act: () => done(api.DELETE(route, of(target))),
		changes,
		after: () => {
			say(`${target.code} is deleted.`);
			onClose();
			go("/dashboard/sms/shortcodes");
		},
	});
	return (
		<Confirm
			title={`Delete ${target.code}`}
			action="Delete the shortcode"
			name={target.code}
			busy={remove.busy}
			error={remove.failure?.message}
			onConfirm={() => remove.do()}
			onClose={onClose}
		>
			<p>
				Texts that begin with it reach you no more, and its webhook is not called. The texts you have stay.
				For 90 days nobody else can register it.
			</p>
		</Confirm>
	);
}
