import { useState } from "react";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { SmsAccount, SmsApplicationState } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Field, Form, FormError, TextArea, TextField } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { Section } from "../ui/page.tsx";
import { Fact, Facts } from "../ui/panel.tsx";
import { State } from "../ui/state.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";

const sentences: Record<SmsAccount["status"], string> = {
	none: "Texts cost real money and reach real people: the operator reads what they are for before the first one.",
	pending:
		"The operator looks at your application. The answer appears here, and nothing is left for you to do.",
	approved: "You may send and receive texts.",
	rejected: "Your application was turned down. Answer what was missing, and apply again.",
	suspended: "The operator has suspended texts for this account. Write there to go on.",
};

/** Where the application to use SMS stands, and the form as long as there is one to fill. */
export function Application({ account }: { account: SmsAccount }) {
	const { application, status } = account;
	return (
		<div className="flex max-w-[640px] flex-col gap-5">
			<div className="card flex flex-col items-start gap-3 p-5">
				{status !== "none" && <State of={status} />}
				<p>{sentences[status]}</p>
				{application?.reason && (
					<blockquote className="border-l-2 border-edge pl-3 break-words whitespace-pre-wrap">
						{application.reason}
					</blockquote>
				)}
				{application && status !== "approved" && <Told application={application} />}
			</div>
			{(status === "none" || status === "rejected") && (
				<Section title={status === "none" ? "Apply for SMS" : "Apply again"}>
					<Apply before={application} />
				</Section>
			)}
		</div>
	);
}

function Told({ application: a }: { application: SmsApplicationState }) {
	return (
		<Facts>
			<Fact name="Sent in">
				<Time at={a.submittedAt} />
			</Fact>
			<Fact name="Use">
				<span className="whitespace-pre-wrap">{a.useCase}</span>
			</Fact>
			{a.website && <Fact name="Website">{a.website}</Fact>}
			<Fact name="A month">{count(a.monthlyVolume)} texts</Fact>
		</Facts>
	);
}

function Apply({ before }: { before: SmsApplicationState | null }) {
	const [useCase, setUseCase] = useState(before?.useCase ?? "");
	const [website, setWebsite] = useState(before?.website ?? "");
	const [volume, setVolume] = useState(before ? String(before.monthlyVolume) : "");
	const say = useToast();
	const countable = /^\d[\d\s,]*$/.test(volume.trim());
	const monthlyVolume = Number(volume.replaceAll(/[\s,]/g, ""));
	const [asked, setAsked] = useState(false);
	const apply = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/sms/apply", {
					body: { useCase: useCase.trim(), website: website.trim() || null, monthlyVolume },
				}),
			),
		changes: [["sms", "account"]],
		after: () => say("Your application is with the operator."),
	});
	return (
		<Form
			onSubmit={() => {
				setAsked(true);
				if (countable) {
					apply.do();
				}
			}}
		>
			<Field
				label="What you will send, and to whom"
				help="Such as: delivery notices to customers who ordered and gave their number."
				error={at(apply.failure, "useCase")}
			>
				{(control) => (
					<TextArea
						{...control}
						maxLength={2000}
						value={useCase}
						onChange={(event) => setUseCase(event.target.value)}
					/>
				)}
			</Field>
			<TextField
				label="Website"
				help="Where one can see who you are. Optional."
				error={at(apply.failure, "website")}
				inputMode="url"
				autoComplete="url"
				maxLength={500}
				value={website}
				onChange={setWebsite}
			/>
			<TextField
				label="Texts a month"
				help="A guess will do."
				error={
					at(apply.failure, "monthlyVolume") ??
					(asked && !countable ? "Write a number, such as 500." : undefined)
				}
				inputMode="numeric"
				value={volume}
				onChange={setVolume}
				className="max-w-40"
			/>
			<FormError>{elsewhere(apply.failure, "useCase", "website", "monthlyVolume")}</FormError>
			<div>
				<Button type="submit" kind="primary" busy={apply.busy}>
					Send the application
				</Button>
			</div>
		</Form>
	);
}
