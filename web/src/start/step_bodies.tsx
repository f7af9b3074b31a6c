import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { useFreshTokens } from "../api/fresh_token.tsx";
import { useConfig, useMe } from "../api/session.ts";
import { useEmailSamples, useSMSSamples } from "../api/use_samples.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { ArrivedEmails, ArrivedTexts } from "./arrived.tsx";
import { smsAccount } from "./progress.ts";
import type { Step } from "./steps.ts";

interface BodyProps {
	/** Opens the dialog that makes a key. */
	makeKey(): void;
}

function Relay() {
	return (
		<>
			<p>
				A relay is the mail server that takes messages from here to the world. It stands in the configuration
				file, and takes effect at the next start:
			</p>
			<Snippet
				samples={[
					{
						language: "aviso.toml",
						code: `[[email.relay]]
name = "primary"
url = "smtp://smtp.example.com:587"
username = "..."
password = "..."`,
					},
				]}
			/>
		</>
	);
}

function Key({ makeKey }: BodyProps) {
	return (
		<>
			<p>
				A program proves with a key that it may send for you. Its token is shown once; the snippet below will
				hold it.
			</p>
			<Button kind="primary" onClick={makeKey}>
				Make a key
			</Button>
		</>
	);
}

function FirstEmail({ makeKey }: BodyProps) {
	const samples = useEmailSamples();
	const [fresh] = useFreshTokens();
	return (
		<>
			<p>
				{fresh.email
					? "This is a whole program, with your key in it. Run it, and the message turns up below."
					: "Put your key in place of YOUR_API_KEY and run it. The message turns up below."}
			</p>
			{!fresh.email && <Button onClick={makeKey}>Make another key and put it in</Button>}
			<Snippet samples={samples} />
			<ArrivedEmails />
		</>
	);
}

function Apply() {
	return (
		<>
			<p>
				Texts cost real money and reach real people, so the operator looks at what they are for. Say it in a
				sentence.
			</p>
			<ButtonLink to="/dashboard/sms">Apply for SMS</ButtonLink>
		</>
	);
}

function FirstText() {
	const account = useQuery(smsAccount).data;
	const samples = useSMSSamples();
	if (account && account.status !== "approved") {
		return <p>This is possible once the operator has approved your application.</p>;
	}
	return (
		<>
			{account && !account.token && <ButtonLink to="/dashboard/sms/api-keys">Make a token</ButtonLink>}
			<p>Run this, and the text turns up below.</p>
			<Snippet samples={samples} />
			<ArrivedTexts direction="out" />
		</>
	);
}

function Shortcode() {
	return (
		<>
			<p>
				A shortcode is a word of your own. Who begins a text with it writes to you: the text is in your list,
				and at your webhook if you have one.
			</p>
			<ButtonLink to="/dashboard/sms/shortcodes">Register a shortcode</ButtonLink>
		</>
	);
}

function Receive() {
	const number = useQuery(smsAccount).data?.sender;
	const sandbox = useConfig().data?.mode.sms === "sandbox";
	const isOperator = useMe().data?.role === "admin";
	return (
		<>
			<p>Send a text that begins with your shortcode{number ? ` to ${number}` : ""}. It turns up below.</p>
			{sandbox &&
				(isOperator ? (
					<ButtonLink to="/dashboard/operator/sandbox/texts">Simulate one in the sandbox</ButtonLink>
				) : (
					<p className="text-soft">In a sandbox no phone can reach you: the operator can simulate a text.</p>
				))}
			<ArrivedTexts direction="in" />
		</>
	);
}

/** What each step is called, what it says when it is open, and whether messages turn up in it. */
export const stepBodies: Record<
	Step["name"],
	{ title: string; Body: ComponentType<BodyProps>; shows?: true }
> = {
	relay: { title: "Add a relay", Body: Relay },
	key: { title: "Get a key", Body: Key },
	email: { title: "Send the first email", Body: FirstEmail, shows: true },
	apply: { title: "Apply for SMS", Body: Apply },
	text: { title: "Send the first text", Body: FirstText, shows: true },
	shortcode: { title: "Register a shortcode", Body: Shortcode },
	receive: { title: "Receive a text", Body: Receive, shows: true },
};
