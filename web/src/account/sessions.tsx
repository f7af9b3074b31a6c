import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, done, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Session } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";
import { Tag } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { browserOf } from "./browser.ts";
import { Tabs } from "./tabs.tsx";

const key = ["account", "sessions"];

/** Where the reader is signed in, and a way to end that. */
export function Sessions() {
	const [target, setTarget] = useState<Session | null>(null);
	const list = useQuery({
		queryKey: key,
		queryFn: () => take(api.GET("/api/v1/auth/sessions", { params: { query: { limit: 200 } } })),
	});
	return (
		<Page title="Account">
			<Tabs />
			<Table
				what="The sessions"
				columns={columns(setTarget)}
				rows={list.data?.items}
				error={list.error}
				again={list.refetch}
				id={(session) => session.id}
				expect={2}
				empty={<Empty title="Every place you are signed in will be here." />}
			/>
			{target && <EndSession session={target} onClose={() => setTarget(null)} />}
		</Page>
	);
}

function columns(end: (session: Session) => void): Column<Session>[] {
	return [
		{
			head: "Browser",
			cell: (session) => <span title={session.userAgent}>{browserOf(session.userAgent)}</span>,
		},
		{ head: "Address", cell: (session) => <span className="mono">{session.ip}</span>, width: "22%" },
		{ head: "Last seen", cell: (session) => <Time at={session.lastSeenAt} />, width: "132px" },
		{ head: "Signed in", cell: (session) => <Time at={session.createdAt} />, width: "132px", extra: true },
		{
			head: "Actions",
			numeric: true,
			width: "132px",
			cell: (session) =>
				session.current ? (
					<Tag>this one</Tag>
				) : (
					<Button kind="quiet" onClick={() => end(session)}>
						Sign out
					</Button>
				),
		},
	];
}

function EndSession({ session, onClose }: { session: Session; onClose(): void }) {
	const end = useDeed({
		act: () => done(api.DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id: session.id } } })),
		changes: [key],
		after: onClose,
	});
	return (
		<Confirm
			title="Sign out there"
			action="Sign out there"
			cancel="Back"
			busy={end.busy}
			error={end.failure?.message}
			onConfirm={() => end.do()}
			onClose={onClose}
		>
			<p>
				{browserOf(session.userAgent)} at {session.ip} has to sign in again, at once. What is typed there and
				not sent may be lost.
			</p>
		</Confirm>
	);
}
