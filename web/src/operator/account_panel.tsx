import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { EmailKey, OperatorAccountDetail, Shortcode } from "../api/schema";
import { useMe } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { Failed } from "../ui/failed.tsx";
import { count, plural } from "../ui/figures.ts";
import { Fact, Facts, Panel, PanelSection } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State, Tag } from "../ui/state.tsx";
import { exactDay, exactTime, Time } from "../ui/time.tsx";
import { GiveCredits, SetPrime, Suspend, Unsuspend } from "./account_dialogs.tsx";
import { AccountState, SMSState } from "./account_state.tsx";
import { account, root } from "./queries.ts";

const dialogs = { credits: GiveCredits, prime: SetPrime, suspend: Suspend, unsuspend: Unsuspend };

/** One account: who it is, what it has, and what an operator can do with it. */
export function AccountPanel({ id, closed }: { id: string; closed: string }) {
	const { data, error, refetch } = useQuery(account(id));
	return (
		<Panel title={data?.email ?? (error ? "Account" : " ")} closed={closed}>
			{data ? (
				<Told account={data} />
			) : error ? (
				<Failed what="The account" error={error} again={refetch} />
			) : (
				["h-8", "h-40", "h-40", "h-32"].map((height, i) => (
					<Skeleton key={i} className={`w-full ${height}`} />
				))
			)}
		</Panel>
	);
}

function Told({ account: a }: { account: OperatorAccountDetail }) {
	const [asked, setAsked] = useState<keyof typeof dialogs | null>(null);
	const Asked = asked && dialogs[asked];
	const mine = useMe().data?.id === a.id;
	return (
		<>
			<div className="flex flex-wrap gap-2">
				<Button onClick={() => setAsked("credits")}>Give credits</Button>
				<Button onClick={() => setAsked("prime")}>Set Prime</Button>
				{a.suspendedAt ? (
					<Button onClick={() => setAsked("unsuspend")}>Let it go on</Button>
				) : (
					!mine && (
						<Button kind="danger" onClick={() => setAsked("suspend")}>
							Suspend
						</Button>
					)
				)}
			</div>
			<Facts>
				<Fact name="State">
					<AccountState of={a} />
					{a.suspendedAt && (
						<span className="text-soft">
							{" "}
							<Time at={a.suspendedAt} />
						</span>
					)}
				</Fact>
				<Fact name="Name">{a.name || "–"}</Fact>
				<Fact name="Role">{a.role === "admin" ? "operator" : "customer"}</Fact>
				<Fact name="Prime">{a.primeUntil ? `until ${exactDay(a.primeUntil)}` : "no"}</Fact>
				<Fact name="Since">{exactTime(a.createdAt)}</Fact>
				<Fact name="Id">
					<Code text={a.id} />
				</Fact>
			</Facts>
			<Email account={a} />
			<Texts account={a} />
			<p>
				<Link to={`${root}/audit?q=${encodeURIComponent(a.id)}`} className="link">
					What operators did with it
				</Link>
			</p>
			{Asked && <Asked target={a} onClose={() => setAsked(null)} />}
		</>
	);
}

function Email({ account: a }: { account: OperatorAccountDetail }) {
	const { emailAccount: email } = a;
	return (
		<PanelSection title="Email">
			<Facts>
				<Fact name="Credits">
					{count(a.emailCredits)}
					{a.unlimitedUntil && `, unlimited until ${exactDay(a.unlimitedUntil)}`}
				</Fact>
				<Fact name="Messages">
					{count(email.sentTotal)} sent, {count(email.queued)} queued, {count(email.failedTotal)} failed
				</Fact>
				<Fact name="Sends from">
					{a.senders.length === 0
						? "nothing"
						: a.senders.map((sender) => (
								<p key={sender.id}>
									{sender.address} {sender.isDefault && <Tag>default</Tag>}
								</p>
							))}
				</Fact>
			</Facts>
			{a.emailKeys.length > 0 && (
				<ul className="card divide-y divide-line text-sm">
					{a.emailKeys.map((key) => (
						<KeyLine key={key.id} of={key} />
					))}
				</ul>
			)}
		</PanelSection>
	);
}

function KeyLine({ of: key }: { of: EmailKey }) {
	return (
		<li className="flex items-center justify-between gap-3 px-3 py-2">
			<span className="min-w-0 truncate">
				{key.name} <code className="mono text-soft">{`${key.prefix}…${key.last4}`}</code>
			</span>
			<State of={key.enabled ? "enabled" : "disabled"} />
		</li>
	);
}

function Texts({ account: a }: { account: OperatorAccountDetail }) {
	const { application } = a.smsAccount;
	return (
		<PanelSection title="SMS">
			<Facts>
				<Fact name="State">
					<SMSState of={a.smsStatus} />
				</Fact>
				<Fact name="Credits">{count(a.smsCredits)}</Fact>
				{application && (
					<Fact name="Use">
						<span className="whitespace-pre-wrap">{application.useCase}</span>
					</Fact>
				)}
				<Fact name="Shortcodes">
					{plural(a.smsAccount.shortcodes.used, "shortcode")}, {count(a.smsAccount.shortcodes.limit)} may be
					active
				</Fact>
			</Facts>
			{a.shortcodes.length > 0 && (
				<ul className="card divide-y divide-line text-sm">
					{a.shortcodes.map((code) => (
						<ShortcodeLine key={code.id} of={code} />
					))}
				</ul>
			)}
		</PanelSection>
	);
}

function ShortcodeLine({ of: code }: { of: Shortcode }) {
	return (
		<li className="flex items-center justify-between gap-3 px-3 py-2">
			<span className="min-w-0 truncate">
				<code className="mono">{code.code}</code> <span className="text-soft">{code.webhookUrl}</span>
			</span>
			<State of={code.active ? "active" : "inactive"} />
		</li>
	);
}
