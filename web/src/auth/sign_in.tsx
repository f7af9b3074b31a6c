import { useState } from "react";
import { Link, Redirect, useSearch } from "wouter";
import { useConfig, useMe, useSignIn } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
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
				<TextField
					label="Email address"
					type="email"
					name="email"
					autoComplete="username"
					autoFocus
					value={email}
					onChange={setEmail}
				/>
				<TextField
					label="Password"
					type="password"
					name="password"
					autoComplete="current-password"
					value={password}
					onChange={setPassword}
				/>
				<FormError>{signIn.error?.message}</FormError>
				<Button type="submit" kind="primary" busy={signIn.isPending}>
					Sign in
				</Button>
			</Form>
		</Sheet>
	);
}
