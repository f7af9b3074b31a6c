import { useState } from "react";
import { useLocation } from "wouter";
import { api, done } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import { useMe, useReadMe } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
import { useToast } from "../ui/toast.tsx";

/** Changes the password; the other sessions end with the old one. */
export function ChangePassword() {
	const me = useMe().data;
	const [current, setCurrent] = useState("");
	const [fresh, setFresh] = useState("");
	const [, go] = useLocation();
	const say = useToast();
	const readMe = useReadMe();
	const change = useDeed({
		act: () => done(api.POST("/api/v1/auth/password", { body: { current, new: fresh } })),
		changes: [["account", "sessions"]],
		after: () => {
			say("The password is changed. Your other sessions have ended.");
			setCurrent("");
			setFresh("");
			if (me?.mustChangePassword) {
				// Before that is read, every way leads back here.
				void readMe().then(() => go("/dashboard"));
			}
		},
	});
	return (
		<Form className="max-w-[400px]" onSubmit={() => change.do()}>
			<input type="hidden" autoComplete="username" value={me?.email ?? ""} readOnly />
			<TextField
				label="Present password"
				error={at(change.failure, "current")}
				type="password"
				autoComplete="current-password"
				value={current}
				onChange={setCurrent}
			/>
			<TextField
				label="New password"
				help="At least 10 characters."
				error={at(change.failure, "new")}
				type="password"
				autoComplete="new-password"
				value={fresh}
				onChange={setFresh}
			/>
			<FormError>{elsewhere(change.failure, "current", "new")}</FormError>
			<div>
				<Button type="submit" kind={me?.mustChangePassword ? "primary" : "plain"} busy={change.busy}>
					Change the password
				</Button>
			</div>
		</Form>
	);
}
