import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { Invite } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { TextField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form_dialog.tsx";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Secret } from "../ui/secret.tsx";
import { State } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { Time, useNow } from "../ui/time.tsx";
import { invites } from "./queries.ts";
import { AccountTabs } from "./tabs.tsx";

const columns: Column<Invite>[] = [
	{ head: "For", cell: (row) => row.email ?? <span className="text-soft">whoever has it</span> },
	{ head: "State", cell: (row) => <InviteState of={row} />, width: "124px" },
	{ head: "Used by", cell: (row) => row.usedBy ?? <span className="text-soft">–</span>, width: "28%" },
	{ head: "Made", cell: (row) => <Time at={row.createdAt} />, numeric: true, width: "132px", extra: true },
	{ head: "Ends", cell: (row) => <Time at={row.expiresAt} />, numeric: true, width: "132px" },
];

function InviteState({ of }: { of: Invite }) {
	const now = useNow();
	if (of.usedAt) {
		return <State of="taken" label="used" />;
	}
	return new Date(of.expiresAt).getTime() > now ? (
		<State of="waiting" label="open" />
	) : (
		<State of="cancelled" label="expired" />
	);
}

/** Invitations to make an account: who was asked, and who came. */
export function Invites() {
	const [search] = useSearchParams();
	const page = useQuery(invites(placeOf(search)));
	const [making, setMaking] = useState(false);
	const make = (
		<Button kind="primary" onClick={() => setMaking(true)}>
			New invite
		</Button>
	);
	return (
		<Page title="Accounts" action={make}>
			<AccountTabs />
			<Listing
				page={page}
				what="The invites"
				columns={columns}
				id={(row) => row.id}
				expect={4}
				empty={
					<Empty title="Invites will be here.">
						<p>An invite is a link that lets one person make an account, once, for 14 days.</p>
						{make}
					</Empty>
				}
			/>
			{making && <NewInvite onClose={() => setMaking(false)} />}
		</Page>
	);
}

function NewInvite({ onClose }: { onClose(): void }) {
	const [email, setEmail] = useState("");
	const [url, setUrl] = useState("");
	const invite = useDeed({
		act: () => take(api.POST("/api/v1/operator/invites", { body: { email: email.trim() || null } })),
		changes: [["operator", "invites"]],
		after: (made) => setUrl(made.url),
	});
	if (url) {
		return <Secret title="The invite is made" noun="link" secret={url} onClose={onClose} />;
	}
	return (
		<FormDialog
			title="New invite"
			action="Make the invite"
			busy={invite.busy}
			error={elsewhere(invite.failure, "email")}
			onSubmit={() => invite.do()}
			onClose={onClose}
		>
			<TextField
				label="Address"
				help="Only this address can use it. Left empty, whoever has the link can."
				error={at(invite.failure, "email")}
				autoFocus
				inputMode="email"
				autoComplete="off"
				maxLength={320}
				value={email}
				onChange={setEmail}
			/>
		</FormDialog>
	);
}
