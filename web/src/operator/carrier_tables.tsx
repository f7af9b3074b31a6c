import type { Gateway, Relay } from "../api/schema";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { Meter } from "../ui/meter.tsx";
import { State, Tag } from "../ui/state.tsx";
import { type Column, type Loading, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { root } from "./queries.ts";

/** The list that both kinds stand in. */
export const list = `${root}/relays`;

interface Selected {
	selected?: string | undefined;
}

function Name({ of }: { of: Relay | Gateway }) {
	return (
		<span className="inline-flex items-center gap-2">
			{of.name} {of.sandbox && <Tag title="Nothing really leaves.">sandbox</Tag>}
		</span>
	);
}

const relayColumns: Column<Relay>[] = [
	{ head: "Relay", cell: (relay) => <Name of={relay} />, width: "22%" },
	{ head: "State", cell: (relay) => <State of={relay.state} />, width: "112px" },
	{
		head: "Today",
		cell: (relay) =>
			relay.dailyCap === null ? (
				<span className="text-soft">no cap</span>
			) : (
				<Meter used={relay.usedToday} of={relay.dailyCap} />
			),
	},
	{ head: "Queued", cell: (relay) => count(relay.queued), numeric: true, width: "88px" },
	{
		head: "In use",
		cell: (relay) => `${count(relay.inUse)} of ${count(relay.maxConnections)}`,
		numeric: true,
		width: "104px",
		extra: true,
	},
	{
		head: "p50",
		cell: (relay) => (relay.p50Ms === null ? "–" : `${count(relay.p50Ms)} ms`),
		numeric: true,
		width: "104px",
	},
];

/** The mail relays and how they do. */
export function RelayTable({ selected, ...state }: Loading<Relay> & Selected) {
	return (
		<Table
			{...state}
			what="The relays"
			columns={relayColumns}
			id={(relay) => relay.name}
			href={(relay) => `${list}/relay/${encodeURIComponent(relay.name)}`}
			selected={selected}
			closed={list}
			expect={2}
			empty={
				<Empty title="No relay is configured: email is not sent.">
					<p>
						A relay is the mail server that takes messages from here to the world. It is an [[email.relay]] of
						the configuration file.
					</p>
				</Empty>
			}
		/>
	);
}

const gatewayColumns: Column<Gateway>[] = [
	{ head: "Gateway", cell: (gateway) => <Name of={gateway} />, width: "22%" },
	{ head: "State", cell: (gateway) => <GatewayState of={gateway} />, width: "112px" },
	{ head: "Kind", cell: (gateway) => gateway.kind },
	{
		head: "Window",
		cell: (gateway) =>
			gateway.window === 0 ? count(gateway.inUse) : `${count(gateway.inUse)} of ${count(gateway.window)}`,
		numeric: true,
		width: "88px",
	},
	{
		head: "Receipts",
		cell: (gateway) => (gateway.receiptsPercent === null ? "–" : `${gateway.receiptsPercent.toFixed(1)} %`),
		numeric: true,
		width: "104px",
	},
	{
		head: "Last seen",
		cell: (gateway) => <Time at={gateway.lastSeenAt} />,
		numeric: true,
		width: "132px",
		extra: true,
	},
];

/** How a gateway stands; one that is bound says so. */
export function GatewayState({ of }: { of: Gateway }) {
	const bound = of.binds !== null && of.state === "up";
	return <State of={bound ? "bound" : of.state} />;
}

/** The SMS gateways and how they do. */
export function GatewayTable({ selected, ...state }: Loading<Gateway> & Selected) {
	return (
		<Table
			{...state}
			what="The gateways"
			columns={gatewayColumns}
			id={(gateway) => gateway.name}
			href={(gateway) => `${list}/gateway/${encodeURIComponent(gateway.name)}`}
			selected={selected}
			closed={list}
			expect={2}
			empty={
				<Empty title="No gateway is configured: texts are neither sent nor received.">
					<p>
						A gateway is a carrier, a provider or a phone. It is an [[sms.gateway]] of the configuration file.
					</p>
				</Empty>
			}
		/>
	);
}
