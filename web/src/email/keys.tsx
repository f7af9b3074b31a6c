import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { EmailKey } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Page } from "../ui/page.tsx";
import { State } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { DeleteKey, DisableKey, EnableKey, NewKey, RenameKey, RotateKey } from "./key_dialogs.tsx";
import { keys } from "./queries.ts";

/** What can be asked of a key, and which key. */
type Asked =
	| { what: "rename" | "rotate" | "disable" | "enable" | "delete"; key: EmailKey }
	| { what: "new" }
	| null;

const dialogs = {
	rename: RenameKey,
	rotate: RotateKey,
	disable: DisableKey,
	enable: EnableKey,
	delete: DeleteKey,
};

/** The keys of the account: made, named, replaced, switched off, deleted. */
export function Keys() {
	const list = useQuery(keys);
	const [asked, setAsked] = useState<Asked>(null);
	const close = () => setAsked(null);
	const create = (
		<Button kind="primary" onClick={() => setAsked({ what: "new" })}>
			New key
		</Button>
	);
	return (
		<Page
			title="API keys"
			action={create}
			intro="A key sends on behalf of this account, by HTTP and by SMTP. Give each program its own: then one can be replaced without the others."
		>
			<Table
				what="The keys"
				columns={columns(setAsked)}
				rows={list.data?.items}
				error={list.error}
				again={list.refetch}
				id={(key) => key.id}
				expect={3}
				empty={
					<Empty title="Your API keys will be here.">
						<p>
							A program proves with a key that it may send for you. The first one takes a name and a press.
						</p>
						{create}
					</Empty>
				}
			/>
			{asked?.what === "new" && <NewKey onClose={close} />}
			{asked && asked.what !== "new" && <Ask asked={asked} onClose={close} />}
		</Page>
	);
}

function Ask({ asked, onClose }: { asked: Exclude<Asked, null | { what: "new" }>; onClose(): void }) {
	const Asking = dialogs[asked.what];
	return <Asking target={asked.key} onClose={onClose} />;
}

function columns(ask: (asked: Asked) => void): Column<EmailKey>[] {
	return [
		{
			head: "Name",
			cell: (key) => (
				<Link
					to={`/dashboard/email/logs?keyId=${encodeURIComponent(key.id)}`}
					className="link"
					title="What it has sent"
				>
					{key.name}
				</Link>
			),
		},
		{
			head: "Key",
			cell: (key) => <code className="mono">{`${key.prefix}…${key.last4}`}</code>,
			width: "168px",
		},
		{ head: "State", cell: (key) => <State of={key.enabled ? "enabled" : "disabled"} />, width: "112px" },
		{
			head: "Last used",
			cell: (key) => (key.lastUsedAt ? <Time at={key.lastUsedAt} /> : "never"),
			width: "132px",
		},
		{ head: "Made", cell: (key) => <Time at={key.createdAt} />, width: "132px", extra: true },
		{ head: "Replaced", cell: (key) => <Time at={key.rotatedAt} />, width: "132px", extra: true },
		{
			head: "Actions",
			width: "80px",
			numeric: true,
			cell: (key) => (
				<Menu label={`Actions for ${key.name}`}>
					<MenuItem onClick={() => ask({ what: "rename", key })}>Rename</MenuItem>
					<MenuItem onClick={() => ask({ what: "rotate", key })}>Replace the token</MenuItem>
					<MenuItem onClick={() => ask({ what: key.enabled ? "disable" : "enable", key })}>
						{key.enabled ? "Disable" : "Enable"}
					</MenuItem>
					<MenuItem danger onClick={() => ask({ what: "delete", key })}>
						Delete
					</MenuItem>
				</Menu>
			),
		},
	];
}
