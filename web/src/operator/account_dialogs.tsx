import { useState } from "react";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { OperatorAccountDetail } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Buttons, Dialog } from "../ui/dialog.tsx";
import { Field, Form, FormError, Select, TextField } from "../ui/field.tsx";
import { change } from "../ui/figures.ts";
import { FormDialog } from "../ui/form_dialog.tsx";
import { useToast } from "../ui/toast.tsx";
import { dayEnd, dayOf, wholeNumber } from "./input.ts";

interface OfAccount {
	target: OperatorAccountDetail;
	onClose(): void;
}

const changes = [["operator"], ["email"], ["sms"], ["account"]];
const of = (account: OperatorAccountDetail) => ({ params: { path: { id: account.id } } });

/** Gives credits, or takes some. */
export function GiveCredits({ target, onClose }: OfAccount) {
	const [product, setProduct] = useState<"email" | "sms">("email");
	const [typed, setTyped] = useState("");
	const [reason, setReason] = useState("");
	const amount = wholeNumber(typed);
	const say = useToast();
	const grant = useDeed({
		act: (n: number) =>
			take(
				api.POST("/api/v1/operator/accounts/{id}/credits", {
					...of(target),
					body: { product, amount: n, reason: reason.trim() },
				}),
			),
		changes,
		after: (entry) => {
			say(`${change(entry.delta)} credits for ${target.email}.`);
			onClose();
		},
	});
	const wrong = typed.trim() !== "" && !amount ? "Write a number that is not 0, such as 1000." : undefined;
	return (
		<FormDialog
			title={`Credits of ${target.email}`}
			action={amount && amount < 0 ? "Take the credits" : "Give the credits"}
			busy={grant.busy}
			disabled={!amount}
			error={elsewhere(grant.failure, "product", "amount", "reason")}
			onSubmit={() => amount && grant.do(amount)}
			onClose={onClose}
		>
			<Field label="Product" error={at(grant.failure, "product")}>
				{(control) => (
					<Select
						{...control}
						value={product}
						onChange={(event) => setProduct(event.target.value === "sms" ? "sms" : "email")}
					>
						<option value="email">Email</option>
						<option value="sms">SMS</option>
					</Select>
				)}
			</Field>
			<TextField
				label="Amount"
				help="With a minus before it, credits are taken: at most what there is."
				error={at(grant.failure, "amount") ?? wrong}
				autoFocus
				autoComplete="off"
				value={typed}
				onChange={setTyped}
			/>
			<TextField
				label="Reason"
				help="The account reads it in its history."
				error={at(grant.failure, "reason")}
				maxLength={500}
				value={reason}
				onChange={setReason}
			/>
		</FormDialog>
	);
}

/** Sets the end of Prime, or ends it. */
export function SetPrime({ target, onClose }: OfAccount) {
	const [day, setDay] = useState(dayOf(target.primeUntil));
	const say = useToast();
	const set = useDeed({
		act: (until: string | null) =>
			take(api.POST("/api/v1/operator/accounts/{id}/prime", { ...of(target), body: { until } })),
		changes,
		after: (_, until) => {
			say(until ? "Prime is set." : "Prime is ended.");
			onClose();
		},
	});
	return (
		<Dialog title={`Prime of ${target.email}`} onClose={onClose}>
			<Form onSubmit={() => set.do(dayEnd(day))}>
				<TextField
					label="Until the end of"
					error={at(set.failure, "until")}
					type="date"
					value={day}
					onChange={setDay}
				/>
				<FormError>{elsewhere(set.failure, "until")}</FormError>
				<Buttons>
					{target.primeUntil && (
						<Button kind="danger" disabled={set.busy} onClick={() => set.do(null)}>
							End it now
						</Button>
					)}
					<Button onClick={onClose}>Cancel</Button>
					<Button type="submit" kind="primary" busy={set.busy} disabled={!dayEnd(day)}>
						Set Prime
					</Button>
				</Buttons>
			</Form>
		</Dialog>
	);
}

/** Stops an account. */
export function Suspend({ target, onClose }: OfAccount) {
	const [reason, setReason] = useState("");
	const say = useToast();
	const suspend = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/operator/accounts/{id}/suspend", {
					...of(target),
					body: { reason: reason.trim() || null },
				}),
			),
		changes,
		after: () => {
			say(`${target.email} is suspended.`);
			onClose();
		},
	});
	return (
		<Confirm
			title={`Suspend ${target.email}`}
			action="Suspend the account"
			cancel="Not now"
			busy={suspend.busy}
			error={suspend.failure?.message}
			onConfirm={() => suspend.do()}
			onClose={onClose}
		>
			<p>
				Its keys are refused at once, for email and for texts. Its queued mail is held, with its clock
				stopped. It can sign in and look, and change nothing.
			</p>
			<TextField
				label="Reason"
				help="For the audit log. Optional."
				error={at(suspend.failure, "reason")}
				maxLength={500}
				value={reason}
				onChange={setReason}
			/>
		</Confirm>
	);
}

/** Lets a suspended account go on. */
export function Unsuspend({ target, onClose }: OfAccount) {
	const say = useToast();
	const go = useDeed({
		act: () => take(api.POST("/api/v1/operator/accounts/{id}/unsuspend", of(target))),
		changes,
		after: () => {
			say(`${target.email} goes on.`);
			onClose();
		},
	});
	return (
		<FormDialog
			title={`Let ${target.email} go on`}
			action="Let it go on"
			busy={go.busy}
			error={go.failure?.message}
			onSubmit={() => go.do()}
			onClose={onClose}
		>
			<p>Its keys work again, and its queued mail goes out, with the time it was given.</p>
		</FormDialog>
	);
}
