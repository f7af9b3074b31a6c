import { useEffect } from "react";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy.tsx";
import { Buttons, Dialog } from "./dialog.tsx";
import { type Sample, Snippet } from "./snippet.tsx";

interface SecretProps {
	title: string;
	/** What it is: "API key", "secret". */
	noun: string;
	secret: string;
	/** Calls that use it. */
	samples?: readonly Sample[];
	onClose(): void;
}

/**
 * Shows a secret the only time it can be shown. Esc, a click beside it and
 * leaving the page do not take it away by accident.
 */
export function Secret({ title, noun, secret, samples, onClose }: SecretProps) {
	useEffect(() => {
		const stay = (event: BeforeUnloadEvent) => event.preventDefault();
		addEventListener("beforeunload", stay);
		return () => removeEventListener("beforeunload", stay);
	}, []);
	return (
		<Dialog title={title} keep onClose={onClose}>
			<p>Copy the {noun} now: it is shown this once, and cannot be read again.</p>
			<div className="flex items-center gap-2">
				<output className="mono min-w-0 flex-1 rounded-md border border-line bg-sunken px-3 py-1.5 break-all select-all">
					{secret}
				</output>
				<CopyButton text={secret} primary />
			</div>
			{samples && <Snippet samples={samples} />}
			<Buttons>
				<Button onClick={onClose}>I have stored it</Button>
			</Buttons>
		</Dialog>
	);
}
