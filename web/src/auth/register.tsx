import { useState } from "react";
import { Link, Redirect, useLocation } from "wouter";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { RegisterRequest } from "../api/schema";
import { useArrive, useConfig, useMe } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
import { useCarried } from "./address.ts";
import { Sheet } from "./sheet.tsx";

/** A new account, where the operator lets people make one. */
export function Register() {
	const [form, setForm] = useState({ name: "", email: "", password: "" });
	const [invite, setInvite] = useCarried("invite");
	const registration = useConfig().data?.registration;
	const [, go] = useLocation();
	const arrive = useArrive();
	const register = useDeed({
		act: (body: RegisterRequest) => take(api.POST("/api/v1/auth/register", { body })),
		after: (me) => {
			arrive(me);
			go("/dashboard", { replace: true });
		},
	});
	const byInvite = registration === "invite";
	const set = (name: keyof typeof form) => (value: string) =>
		setForm((before) => ({ ...before, [name]: value }));
	const foot = (
		<Link to="/sign-in" className="link">
			Sign in instead
		</Link>
	);
	if (useMe().data) {
		return <Redirect to="/dashboard" replace />;
	}
	if (registration === "closed") {
		return (
			<Sheet title="Registration is closed" foot={foot}>
				<p>The operator makes the accounts here. Ask for one, and sign in with what you get.</p>
			</Sheet>
		);
	}
	return (
		<Sheet title="Make an account" foot={foot}>
			<Form
				onSubmit={() =>
					register.do({ ...form, email: form.email.trim(), ...(byInvite || invite ? { invite } : {}) })
				}
			>
				<TextField
					label="Your name"
					error={at(register.failure, "name")}
					name="name"
					autoComplete="name"
					autoFocus
					value={form.name}
					onChange={set("name")}
				/>
				<TextField
					label="Email address"
					error={at(register.failure, "email")}
					type="email"
					name="email"
					autoComplete="username"
					value={form.email}
					onChange={set("email")}
				/>
				<TextField
					label="Password"
					help="At least 10 characters."
					error={at(register.failure, "password")}
					type="password"
					name="password"
					autoComplete="new-password"
					value={form.password}
					onChange={set("password")}
				/>
				{byInvite && (
					<TextField
						label="Invite"
						help="The operator gave it to you."
						error={at(register.failure, "invite")}
						className="mono"
						value={invite}
						onChange={setInvite}
					/>
				)}
				<FormError>
					{elsewhere(register.failure, "name", "email", "password", byInvite ? "invite" : "")}
				</FormError>
				<Button type="submit" kind="primary" busy={register.busy}>
					Make the account
				</Button>
			</Form>
		</Sheet>
	);
}
