import { useState } from "react";
import { Redirect } from "wouter";
import { useMe } from "../api/session.ts";
import { NewKey } from "../email/key_dialogs.tsx";
import { Button } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { useProgress } from "./progress.ts";
import { stepBodies } from "./step_bodies.tsx";
import { StepCard } from "./step_card.tsx";

/** The way to the first email and the first text. It goes when all is done. */
export default function StartArea() {
	const me = useMe().data;
	return me ? <Start me={me} /> : null;
}

function Start({ me }: { me: NonNullable<ReturnType<typeof useMe>["data"]> }) {
	const { steps, done, putAway } = useProgress(me);
	// Up here, since a step that is done closes, and the token must stay.
	const [makingKey, setMakingKey] = useState(false);
	// Who has just done the last step sees it done.
	const [over, setOver] = useState(done);
	if (over) {
		return <Redirect to={me.role === "admin" ? "/dashboard/operator" : "/dashboard/email"} replace />;
	}
	const current = steps.find((step) => step.done === false)?.name;
	return (
		<Page
			title="Start"
			intro="From nothing to the first email and the first text. Each step ticks itself off."
		>
			<ol className="flex max-w-[800px] flex-col gap-2">
				{steps.map((step) => {
					const { title, Body, shows = false } = stepBodies[step.name];
					return (
						<StepCard
							key={step.name}
							title={title}
							done={step.done}
							open={step.name === current}
							stays={shows}
						>
							<Body makeKey={() => setMakingKey(true)} />
						</StepCard>
					);
				})}
			</ol>
			<p className="flex flex-wrap items-center gap-3 text-soft">
				{done
					? "That is all. The checklist goes away; the logs keep what you send."
					: "Rather find the way alone?"}
				<Button
					onClick={() => {
						putAway();
						setOver(true);
					}}
				>
					{done ? "Go on" : "Put the checklist away"}
				</Button>
			</p>
			{makingKey && <NewKey onClose={() => setMakingKey(false)} />}
		</Page>
	);
}
