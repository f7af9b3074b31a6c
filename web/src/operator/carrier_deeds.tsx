import { useState } from "react";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { TestResult } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Field, Form, FormError, Input } from "../ui/field.tsx";
import { State } from "../ui/state.tsx";

interface CarrierDeedsProps {
	name: string;
	paused: boolean;
	/** What a pause means for messages. */
	says: string;
	pause(): Promise<unknown>;
	resume(): Promise<unknown>;
	test(to: string): Promise<TestResult>;
	/** The label of where a test goes, and an example of it. */
	to: [label: string, example: string];
}

const changes = [["operator"]];

/** What can be done with a relay or a gateway: paused, resumed, tested. */
export function CarrierDeeds(props: CarrierDeedsProps) {
	const [asked, setAsked] = useState(false);
	const pause = useDeed({ act: props.pause, changes, after: () => setAsked(false) });
	const resume = useDeed({ act: props.resume, changes });
	return (
		<>
			<div className="flex flex-wrap items-center gap-3">
				{props.paused ? (
					<Button kind="primary" busy={resume.busy} onClick={() => resume.do()}>
						Resume
					</Button>
				) : (
					<Button onClick={() => setAsked(true)}>Pause</Button>
				)}
			</div>
			<FormError>{resume.failure?.message}</FormError>
			<Test test={props.test} to={props.to} />
			{asked && (
				<Confirm
					title={`Pause ${props.name}`}
					action={`Pause ${props.name}`}
					cancel="Not now"
					busy={pause.busy}
					error={pause.failure?.message}
					onConfirm={() => pause.do()}
					onClose={() => setAsked(false)}
				>
					<p>{props.says}</p>
				</Confirm>
			)}
		</>
	);
}

function Test({ test, to: [label, example] }: Pick<CarrierDeedsProps, "test" | "to">) {
	const [to, setTo] = useState("");
	const [result, setResult] = useState<TestResult | null>(null);
	const send = useDeed({ act: () => test(to.trim()), changes, after: setResult });
	return (
		<Form onSubmit={() => send.do()}>
			<Field label={label} help="It costs nothing and is in nobody's log." error={at(send.failure, "to")}>
				{(control) => (
					<span className="flex gap-2">
						<Input
							{...control}
							autoComplete="off"
							maxLength={320}
							placeholder={example}
							value={to}
							onChange={(event) => setTo(event.target.value)}
						/>
						<Button type="submit" busy={send.busy} disabled={to.trim() === ""}>
							Send a test
						</Button>
					</span>
				)}
			</Field>
			<FormError>{elsewhere(send.failure, "to")}</FormError>
			<div role="status">
				{result && (
					<div className="flex flex-col gap-1 rounded-md bg-sunken p-3">
						<State of={result.outcome} label={`${result.outcome}: ${result.to}`} />
						<p className="mono break-words">{result.reply}</p>
					</div>
				)}
			</div>
		</Form>
	);
}
