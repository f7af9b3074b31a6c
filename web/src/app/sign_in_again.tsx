import { useState } from "react";
import { useSignIn } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Buttons, Dialog } from "../ui/dialog.tsx";
import { Form, TextField } from "../ui/field.tsx";

/** Asks for the password where the reader is, so that nothing typed is lost. */
export function SignInAgain({ email }: { email: string }) {
	const [password, setPassword] = useState("");
	const signIn = useSignIn();
	return (
		<Dialog title="Your session has ended" keep onClose={() => {}}>
			<Form onSubmit={() => signIn.mutate({ email, password })}>
				<p>Sign in to go on where you were. Nothing you have typed is lost.</p>
				<input type="hidden" autoComplete="username" value={email} readOnly />
				<TextField
					label={`Password of ${email}`}
					error={signIn.error?.message}
					type="password"
					autoComplete="current-password"
					autoFocus
					value={password}
					onChange={setPassword}
				/>
				<Buttons>
					<Button onClick={() => location.assign("/sign-in")}>Use another account</Button>
					<Button type="submit" kind="primary" busy={signIn.isPending}>
						Sign in
					</Button>
				</Buttons>
			</Form>
		</Dialog>
	);
}
