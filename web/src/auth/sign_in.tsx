import { useState } from "react";
import { Link, Redirect, useSearch } from "wouter";
import { useConfig, useMe, useSignIn } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Field, Form, FormError, Input } from "../ui/field.tsx";
import { nextPlace } from "./address.ts";
import { Sheet } from "./sheet.tsx";

/** Address and password, and back to where one was going. */
export function SignIn() {
	const [email, setEmail] = useState("");
	const [password, setPassword] = useState("");
	const search = useSearch();
	const signIn = useSignIn();
	const registration = useConfig().data?.registration;
	if (useMe().data) {
		return <Redirect to={nextPlace(search)} replace />;
	}
	return (
		<Sheet
			title="Sign in"
			foot={
				<>
					<Link to="/reset" className="link">
						Forgot the password
					</Link>
					{registration && registration !== "closed" && (
						<Link to="/register" className="link">
							Make an account
						</Link>
					)}
				</>
			}
		>
			<Form onSubmit={() => signIn.mutate({ email: email.trim(), password })}>
				<Field label="Email address">
					{(control) => (
						<Input
							{...control}
							type="email"
							name="email"
							autoComplete="username"
							autoFocus
							value={email}
							onChange={(event) => setEmail(event.target.value)}
						/>
					)}
				</Field>
				<Field label="Password">
					{(control) => (
						<Input
							{...control}
							type="password"
							name="password"
							autoComplete="current-password"
							value={password}
							onChange={(event) => setPassword(event.target.value)}
						/>
					)}
				</Field>
				<FormError>{signIn.error?.message}</FormError>
				<Button type="submit" kind="primary" busy={signIn.isPending}>
					Sign in
				</Button>
			</Form>
		</Sheet>
	);
}
