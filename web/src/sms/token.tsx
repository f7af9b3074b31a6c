import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import { useFreshTokens } from "../api/fresh_token.tsx";
import type { SmsAccount } from "../api/schema";
import { useSMSSamples } from "../api/use_samples.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { Page, Section } from "../ui/page.tsx";
import { Fact, Facts } from "../ui/panel.tsx";
import { Secret } from "../ui/secret.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { Time } from "../ui/time.tsx";
import { root } from "./paths.ts";
import { account } from "./queries.ts";

/** The one key of SMS: made, shown once, replaced. */
export function TokenPage() {
	const standing = useQuery(account);
	return (
		<Page
			title="API key"
			intro="One key sends and reads texts for this account. It goes into the Authorization header as it is, without a word before it."
		>
			<div className="card max-w-[640px]">
				{standing.data ? (
					<Token account={standing.data} />
				) : standing.error ? (
					<Failed what="The key" error={standing.error} again={standing.refetch} />
				) : (
					<Skeleton className="h-36 w-full" />
				)}
			</div>
			{standing.data?.token && <FirstCall />}
		</Page>
	);
}

function FirstCall() {
	const samples = useSMSSamples();
	return (
		<Section title="A call with it">
			<Snippet samples={samples} />
		</Section>
	);
}

function Token({ account: now }: { account: SmsAccount }) {
	const [asked, setAsked] = useState(false);
	const [token, setToken] = useState("");
	const [, keep] = useFreshTokens();
	const rotate = useDeed({
		act: () => take(api.POST("/api/v1/sms/auth/rotate")),
		changes: [["sms", "account"]],
		after: (made) => {
			keep("sms", made.token);
			setToken(made.token);
			setAsked(false);
		},
	});
	const shown = token !== "" && <TokenShown token={token} onClose={() => setToken("")} />;
	if (!now.token) {
		return (
			<>
				<Empty title="Your key will be here.">
					{now.status === "approved" ? (
						<>
							<p>It is made with a press, and shown once.</p>
							<FormError>{rotate.failure?.message}</FormError>
							<Button kind="primary" busy={rotate.busy} onClick={() => rotate.do()}>
								Make the key
							</Button>
						</>
					) : (
						<>
							<p>It can be made once the operator has approved your application.</p>
							<ButtonLink to={root}>See the application</ButtonLink>
						</>
					)}
				</Empty>
				{shown}
			</>
		);
	}
	return (
		<div className="flex flex-col items-start gap-4 p-5">
			<Facts>
				<Fact name="Key">
					<code className="mono">{`${now.token.prefix}…${now.token.last4}`}</code>
				</Fact>
				<Fact name="Made">
					<Time at={now.token.createdAt} />
				</Fact>
			</Facts>
			<Button onClick={() => setAsked(true)}>Replace the key</Button>
			{asked && (
				<Confirm
					title="Replace the key"
					action="Replace the key"
					busy={rotate.busy}
					error={rotate.failure?.message}
					onConfirm={() => rotate.do()}
					onClose={() => setAsked(false)}
				>
					<p>
						The present key, ending in <code className="mono">{now.token.last4}</code>, stops working at once.
						What uses it can neither send nor read texts until it has the new one.
					</p>
				</Confirm>
			)}
			{shown}
		</div>
	);
}

function TokenShown({ token, onClose }: { token: string; onClose(): void }) {
	const samples = useSMSSamples(token);
	return <Secret title="The key is made" noun="key" secret={token} samples={samples} onClose={onClose} />;
}
