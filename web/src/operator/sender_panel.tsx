import { useState } from "react";
import { Link } from "wouter";
import { api, done, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Sender, SenderAccount } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { FormError } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Fact, Facts, Panel, PanelSection } from "../ui/panel.tsx";
import { Tag } from "../ui/state.tsx";
import { exactTime } from "../ui/time.tsx";
import { FindAccount } from "./find_account.tsx";
import { root } from "./queries.ts";
import { ChangeSender, DeleteSender } from "./sender_dialogs.tsx";

const dialogs = { change: ChangeSender, delete: DeleteSender };
const route = "/api/v1/operator/senders/{id}/accounts/{accountId}";
const changes = [["operator"], ["email"]];

/** One sender: how it is set up, and who may use it. */
export function SenderPanel({ sender, closed }: { sender: Sender; closed: string }) {
	const [asked, setAsked] = useState<keyof typeof dialogs | null>(null);
	const Asked = asked && dialogs[asked];
	return (
		<Panel title={sender.address} closed={closed}>
			<div className="flex flex-wrap gap-2">
				<Button onClick={() => setAsked("change")}>Change</Button>
				{!sender.installation && (
					<Button kind="danger" onClick={() => setAsked("delete")}>
						Remove
					</Button>
				)}
			</div>
			<Facts>
				<Fact name="Name">{sender.displayName || "–"}</Fact>
				<Fact name="Open to">{sender.global ? "every account" : "the accounts below"}</Fact>
				<Fact name="Relay">{sender.relay ?? "any, in the order of the configuration"}</Fact>
				<Fact name="Today">
					{sender.dailyCap === null
						? "no cap"
						: `${count(sender.usedToday)} of ${count(sender.dailyCap)} recipients, from 00:00 UTC`}
				</Fact>
				<Fact name="Added">{exactTime(sender.createdAt)}</Fact>
				<Fact name="Id">
					<Code text={sender.id} />
				</Fact>
				{sender.installation && (
					<Fact name="Kind">The installation's own: what nobody assigned an address to sends from it.</Fact>
				)}
			</Facts>
			<Users sender={sender} />
			{Asked && <Asked sender={sender} onClose={() => setAsked(null)} />}
		</Panel>
	);
}

function Users({ sender }: { sender: Sender }) {
	const path = (accountId: string) => ({ params: { path: { id: sender.id, accountId } } });
	const assign = useDeed({
		act: ({ id, isDefault }: { id: string; isDefault: boolean }) =>
			take(api.PUT(route, { ...path(id), body: { isDefault } })),
		changes,
	});
	const remove = useDeed({ act: (id: string) => done(api.DELETE(route, path(id))), changes });
	const failure = assign.failure ?? remove.failure;
	return (
		<PanelSection title="Accounts">
			<FormError>{failure?.message}</FormError>
			{sender.accounts.length > 0 ? (
				<ul className="card divide-y divide-line text-sm">
					{sender.accounts.map((account) => (
						<User
							key={account.id}
							account={account}
							prefer={() => assign.do({ id: account.id, isDefault: true })}
							remove={() => remove.do(account.id)}
						/>
					))}
				</ul>
			) : (
				<p className="text-soft">
					{sender.global
						? "Nobody in particular: it is open to all."
						: "Nobody yet. Find an account to let it use this."}
				</p>
			)}
			<FindAccount
				label="Let an account use it"
				without={sender.accounts.map((account) => account.id)}
				busy={assign.busy}
				onPick={(account) => assign.do({ id: account.id, isDefault: false })}
			/>
		</PanelSection>
	);
}

interface UserProps {
	account: SenderAccount;
	prefer(): void;
	remove(): void;
}

function User({ account, prefer, remove }: UserProps) {
	return (
		<li className="flex min-h-10 items-center justify-between gap-3 px-3">
			<span className="flex min-w-0 items-center gap-2">
				<Link to={`${root}/accounts/${encodeURIComponent(account.id)}`} className="link truncate">
					{account.email}
				</Link>
				{account.isDefault && <Tag>default</Tag>}
			</span>
			<Menu label={`Actions for ${account.email}`}>
				{!account.isDefault && <MenuItem onClick={prefer}>Make it the default</MenuItem>}
				<MenuItem danger onClick={remove}>
					Take it from this account
				</MenuItem>
			</Menu>
		</li>
	);
}
