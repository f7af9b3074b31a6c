import { useState } from "react";
import { api, done, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { Me } from "../api/schema";
import { useMe } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { Fact, Facts } from "../ui/panel.tsx";
import { exactDay } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { ChangePassword } from "./password.tsx";
import { Tabs } from "./tabs.tsx";

/** Who the reader is here, and the password. */
export function Profile() {
	const me = useMe().data;
	if (!me) {
		return null;
	}
	if (me.mustChangePassword) {
		return (
			<Page
				title="Choose a password of your own"
				intro="The present one was made for you, and somebody else may have read it. The rest of the dashboard opens when it is changed."
			>
				<ChangePassword />
			</Page>
		);
	}
	return (
		<Page title="Account">
			<Tabs />
			<Facts>
				<Fact name="Email">
					{me.email} {!me.emailVerified && <Resend />}
				</Fact>
				<Fact name="Account id">
					<Code text={me.id} />
				</Fact>
				<Fact name="Since">{exactDay(me.createdAt)}</Fact>
			</Facts>
			<Name key={me.id} me={me} />
			<Section title="Password">
				<ChangePassword />
			</Section>
		</Page>
	);
}

function Resend() {
	const say = useToast();
	const resend = useDeed({
		act: () => done(api.POST("/api/v1/auth/verify/resend")),
		after: () => say("The mail is on its way."),
	});
	return (
		<span className="flex flex-wrap items-center gap-2 text-wait">
			not confirmed
			<Button busy={resend.busy} onClick={() => resend.do()}>
				Send the mail again
			</Button>
			{resend.failure && <span role="alert">{resend.failure.message}</span>}
		</span>
	);
}

function Name({ me }: { me: Me }) {
	const [name, setName] = useState(me.name);
	const say = useToast();
	const rename = useDeed({
		act: () => take(api.PATCH("/api/v1/auth/me", { body: { name: name.trim() } })),
		changes: [["account", "me"]],
		after: () => say("Your name is saved."),
	});
	return (
		<Section title="Name">
			<Form className="max-w-[400px]" onSubmit={() => rename.do()}>
				<TextField
					label="Your name"
					error={at(rename.failure, "name")}
					autoComplete="name"
					maxLength={100}
					value={name}
					onChange={setName}
				/>
				<FormError>{elsewhere(rename.failure, "name")}</FormError>
				<div>
					<Button type="submit" busy={rename.busy} disabled={name.trim() === me.name}>
						Save the name
					</Button>
				</div>
			</Form>
		</Section>
	);
}
