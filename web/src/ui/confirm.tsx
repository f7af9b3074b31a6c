import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Buttons, Dialog } from "./dialog.tsx";
import { Field, Input } from "./field.tsx";

interface ConfirmProps {
	title: string;
	/** What will stop working, in full sentences. */
	children: ReactNode;
	/** What the button does: "Delete the key". */
	action: string;
	/** To be typed first, where the act cannot be undone. */
	name?: string;
	/** What the way out is called. */
	cancel?: string;
	busy: boolean;
	error?: string | undefined;
	onConfirm(): void;
	onClose(): void;
}

/** Asks before something that harms. */
export function Confirm(props: ConfirmProps) {
	const [typed, setTyped] = useState("");
	const ready = props.name === undefined || typed.trim() === props.name;
	return (
		<Dialog title={props.title} onClose={props.onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					if (ready) {
						props.onConfirm();
					}
				}}
			>
				<div className="flex flex-col gap-2">{props.children}</div>
				{props.name !== undefined && (
					<Field label={`Type ${props.name} to confirm`}>
						{(field) => (
							<Input
								{...field}
								value={typed}
								onChange={(e) => setTyped(e.target.value)}
								autoComplete="off"
								autoFocus
							/>
						)}
					</Field>
				)}
				{props.error && (
					<p role="alert" className="text-bad">
						{props.error}
					</p>
				)}
				<Buttons>
					<Button onClick={props.onClose} data-way-out>
						{props.cancel ?? "Keep it"}
					</Button>
					<Button type="submit" kind="danger" busy={props.busy} disabled={!ready}>
						{props.action}
					</Button>
				</Buttons>
			</form>
		</Dialog>
	);
}
