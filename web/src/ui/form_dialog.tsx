import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Buttons, Dialog } from "./dialog.tsx";
import { Form, FormError } from "./field.tsx";

interface FormDialogProps {
	title: string;
	/** The fields. */
	children: ReactNode;
	/** What the button does: "Make the key". */
	action: string;
	kind?: "primary" | "danger";
	/** What the way out is called. */
	cancel?: string;
	busy: boolean;
	/** Something is lacking without which it cannot be done. */
	disabled?: boolean;
	/** What went wrong, and belongs to none of the fields. */
	error: string | undefined;
	onSubmit(): void;
	onClose(): void;
}

/** A dialog with something to fill in or to agree to. What harms is a `Confirm`. */
export function FormDialog({
	kind = "primary",
	cancel = "Cancel",
	disabled = false,
	...props
}: FormDialogProps) {
	return (
		<Dialog title={props.title} onClose={props.onClose}>
			<Form onSubmit={props.onSubmit}>
				{props.children}
				<FormError>{props.error}</FormError>
				<Buttons>
					<Button onClick={props.onClose}>{cancel}</Button>
					<Button type="submit" kind={kind} busy={props.busy} disabled={disabled}>
						{props.action}
					</Button>
				</Buttons>
			</Form>
		</Dialog>
	);
}
