import { useState } from "react";
import { Link } from "wouter";
import { api, done } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
import { useCarried } from "./address.ts";
import { Sheet } from "./sheet.tsx";

/** A forgotten password: first the mail is asked for, then its link is used. */
export function Reset() {
	const [token] = useCarried("token");
	return token ? <Choose token={token} /> : <Ask />;
}

const back = (
	<Link to="/sign-in" className="link">
		Back to signing in
	</Link>
);

function Ask() {
	const [email, setEmail] = useState("");
	const [asked, setAsked] = useState("");
	const ask = useDeed({
		act: (address: string) => done(api.POST("/api/v1/auth/reset", { body: { email: address } })),
		after: (_, address) => setAsked(address),
	});
	if (asked) {
		return (
			<Sheet title="Look into your mail" foot={back}>
				<p>
					If {asked} has an account here, a link to choose a new password is on its way. It holds for an hour.
				</p>
			</Sheet>
		);
	}
	return (
		<Sheet title="Forgot the password" foot={back}>
			<Form onSubmit={() => ask.do(email.trim())}>
				<TextField
					label="Email address"
					help="A link to choose a new password is mailed there."
					error={at(ask.failure, "email")}
					type="email"
					name="email"
					autoComplete="username"
					autoFocus
					value={email}
					onChange={setEmail}
				/>
				<FormError>{elsewhere(ask.failure, "email")}</FormError>
				<Button type="submit" kind="primary" busy={ask.busy}>
					Mail the link
				</Button>
			</Form>
		</Sheet>
	);
}

function Choose({ token }: { token: string }) {
	const [password, setPassword] = useState("");
	const [chosen, setChosen] = useState(false);
	const choose = useDeed({
		act: () => done(api.POST("/api/v1/auth/reset/confirm", { body: { token, password } })),
		after: () => setChosen(true),
	});
	if (chosen) {
		return (
			<Sheet title="The password is changed">
				<p>Every session of the account has ended. Sign in with the new password.</p>
				<ButtonLink to="/sign-in" kind="primary">
					Sign in
				</ButtonLink>
			</Sheet>
		);
	}
	return (
		<Sheet title="Choose a new password" foot={back}>
			<Form onSubmit={() => choose.do()}>
				<TextField
					label="New password"
					help="At least 10 characters."
					error={at(choose.failure, "password")}
					type="password"
					autoComplete="new-password"
					autoFocus
					value={password}
					onChange={setPassword}
				/>
				<FormError>{elsewhere(choose.failure, "password")}</FormError>
				<Button type="submit" kind="primary" busy={choose.busy}>
					Change the password
				</Button>
			</Form>
		</Sheet>
	);
}
