import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { Node, Overview as Now, Todo } from "../api/schema";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { count } from "../ui/figures.ts";
import { Icon } from "../ui/icon.tsx";
import { Page, Section } from "../ui/page.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Time } from "../ui/time.tsx";
import { GatewayTable, RelayTable } from "./carrier_tables.tsx";
import { HoldSwitch, OnHold } from "./hold.tsx";
import { overview, root } from "./queries.ts";

/** The first screen: what flows, through what, and what waits for a person. */
export function Overview() {
	const { data: now, error, refetch } = useQuery(overview);
	const state = { error, again: refetch };
	return (
		<Page title="Operator" action={now && <HoldSwitch hold={now.hold} />}>
			{now && <OnHold hold={now.hold} />}
			{error && !now ? (
				<div className="card">
					<Failed what="The overview" error={error} again={refetch} />
				</div>
			) : (
				<>
					<Flow now={now} />
					<Section title="Relays">
						<RelayTable rows={now?.relays} {...state} />
					</Section>
					<Section title="Gateways">
						<GatewayTable rows={now?.gateways} {...state} />
					</Section>
					<Section title="To do">
						<ToDo items={now?.todo} />
					</Section>
					{now && now.nodes.length > 0 && <Nodes nodes={now.nodes} version={now.version} />}
				</>
			)}
		</Page>
	);
}

function Flow({ now }: { now: Now | undefined }) {
	const email = now?.last24h.email;
	const sms = now?.last24h.sms;
	return (
		<section className="card grid gap-x-8 gap-y-4 p-4 wide:grid-cols-2" aria-label="The last 24 hours">
			<Numbers
				title="Email, last 24 h"
				to={`${root}/queue`}
				numbers={
					email && [
						["accepted", count(email.accepted)],
						["sent", count(email.sent)],
						["queued", count(email.queued)],
						["failed", count(email.failed)],
					]
				}
				note={
					email?.oldestQueuedAt ? (
						<>
							oldest queued <Time at={email.oldestQueuedAt} />
						</>
					) : (
						"nothing waits"
					)
				}
			/>
			<Numbers
				title="Texts, last 24 h"
				to={`${root}/texts`}
				numbers={
					sms && [
						["accepted", count(sms.accepted)],
						["delivered", count(sms.delivered)],
						["received", count(sms.received)],
						["failed", count(sms.failed)],
					]
				}
				note={sms && sms.unknown > 0 ? `${count(sms.unknown)} unknown now` : "none unknown"}
			/>
		</section>
	);
}

interface NumbersProps {
	title: string;
	to: string;
	numbers: [string, string][] | undefined;
	note: React.ReactNode;
}

function Numbers({ title, to, numbers, note }: NumbersProps) {
	return (
		<div className="flex flex-col gap-2">
			<p className="flex justify-between gap-4">
				<Link to={to} className="link font-medium">
					{title}
				</Link>
				<span className="text-soft">{numbers && note}</span>
			</p>
			<dl className="grid grid-cols-4 gap-3 max-narrow:grid-cols-2">
				{(numbers ?? ["a", "b", "c", "d"].map((n) => [n, ""])).map(([name, value]) => (
					<div key={name} className="min-w-0">
						<dt className="text-soft">{value ? name : " "}</dt>
						<dd className="h-7 truncate text-xl font-semibold">
							{value || <Skeleton className="mt-1 h-5 w-14" />}
						</dd>
					</div>
				))}
			</dl>
		</div>
	);
}

const places: Record<Todo["kind"], string> = {
	applications: `${root}/applications?status=pending`,
	unknown_texts: `${root}/texts`,
	unknown_mail: `${root}/queue?state=unknown`,
	held: `${root}/queue`,
	no_relay: `${root}/relays`,
	no_gateway: `${root}/relays`,
	relay_down: `${root}/relays`,
	gateway_down: `${root}/relays`,
};

function ToDo({ items }: { items: readonly Todo[] | undefined }) {
	if (!items) {
		return <Skeleton className="h-11 w-full" />;
	}
	if (items.length === 0) {
		return (
			<div className="card">
				<Empty title="Nothing waits for you." />
			</div>
		);
	}
	return (
		<ul className="card divide-y divide-line">
			{items.map((item) => (
				<li key={item.kind}>
					<Link to={places[item.kind]} className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-sunken">
						<Icon name="arrow" size={14} className="text-soft" />
						{item.text}
					</Link>
				</li>
			))}
		</ul>
	);
}

function Nodes({ nodes, version }: { nodes: readonly Node[]; version: string }) {
	return (
		<p className="text-soft">
			Version {version}.{" "}
			{nodes.map((node, i) => (
				<span key={node.name + node.startedAt}>
					{i > 0 && "; "}
					{node.name || "One node"}, started <Time at={node.startedAt} />, seen <Time at={node.lastSeenAt} />
				</span>
			))}
			.
		</p>
	);
}
