import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, take } from "../api/client.ts";
import type { Gateway, Relay } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { count } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { State } from "../ui/state.tsx";
import { Time } from "../ui/time.tsx";
import { CarrierDeeds } from "./carrier_deeds.tsx";
import { GatewayState, GatewayTable, list, RelayTable } from "./carrier_tables.tsx";
import { Gone } from "./gone.tsx";
import { gateways, relays } from "./queries.ts";

/** Relays and gateways: what carries messages away. */
export function Carriers({ kind, name }: { kind: string | undefined; name: string | undefined }) {
	const mail = useQuery(relays);
	const texts = useQuery(gateways);
	const relay = kind === "relay" ? mail.data?.items.find((r) => r.name === name) : undefined;
	const gateway = kind === "gateway" ? texts.data?.items.find((g) => g.name === name) : undefined;
	const read = kind === "relay" ? mail.data : texts.data;
	return (
		<Page
			title="Relays and gateways"
			intro="They are set up in the configuration file, with their credentials. Here one sees how they do, pauses one, and sends a test."
		>
			<Section title="Relays">
				<RelayTable
					rows={mail.data?.items}
					error={mail.error}
					again={mail.refetch}
					selected={kind === "relay" ? name : undefined}
				/>
			</Section>
			<Section title="Gateways">
				<GatewayTable
					rows={texts.data?.items}
					error={texts.error}
					again={texts.refetch}
					selected={kind === "gateway" ? name : undefined}
				/>
			</Section>
			{relay && <RelayPanel key={relay.name} relay={relay} />}
			{gateway && <GatewayPanel key={gateway.name} gateway={gateway} />}
			{name && read && !relay && !gateway && <Gone what={name} closed={list} />}
		</Page>
	);
}

function RelayPanel({ relay }: { relay: Relay }) {
	const params = { path: { name: relay.name } };
	return (
		<Panel title={relay.name} closed={list}>
			<Standing of={relay}>
				<State of={relay.state} />
			</Standing>
			<Facts>
				{relay.host && (
					<Fact name="Host">
						<Code text={relay.host} />
					</Fact>
				)}
				<Fact name="Today">
					{relay.dailyCap === null
						? "no cap"
						: `${count(relay.usedToday)} of ${count(relay.dailyCap)} recipients, from 00:00 UTC`}
				</Fact>
				<Fact name="Queued">{count(relay.queued)}</Fact>
				<Fact name="Connections">
					{count(relay.inUse)} of {count(relay.maxConnections)} carry a message now
				</Fact>
				<Fact name="p50">
					{relay.p50Ms === null
						? "no exchange in the last hour"
						: `${count(relay.p50Ms)} ms an exchange, in the last hour`}
				</Fact>
			</Facts>
			<CarrierDeeds
				name={relay.name}
				paused={relay.state === "paused"}
				says="New messages take the next relay, or wait. What is in the middle of an exchange is finished."
				pause={() => take(api.POST("/api/v1/operator/relays/{name}/pause", { params }))}
				resume={() => take(api.POST("/api/v1/operator/relays/{name}/resume", { params }))}
				test={(to) => take(api.POST("/api/v1/operator/relays/{name}/test", { params, body: { to } }))}
				to={["Send a test to", "ada@example.com"]}
			/>
		</Panel>
	);
}

function GatewayPanel({ gateway }: { gateway: Gateway }) {
	const params = { path: { name: gateway.name } };
	return (
		<Panel title={gateway.name} closed={list}>
			<Standing of={gateway}>
				<GatewayState of={gateway} />
			</Standing>
			<Facts>
				<Fact name="Kind">{gateway.kind}</Fact>
				{gateway.host && (
					<Fact name="Host">
						<Code text={gateway.host} />
					</Fact>
				)}
				<Fact name="Number">
					<Code text={gateway.sender} />
				</Fact>
				{gateway.binds && (
					<Fact name="Binds">
						{count(gateway.binds.bound)} of {count(gateway.binds.wanted)}, over all nodes
					</Fact>
				)}
				<Fact name="Window">
					{gateway.window === 0
						? `${count(gateway.inUse)} under way, no limit`
						: `${count(gateway.inUse)} of ${count(gateway.window)} places taken`}
				</Fact>
				<Fact name="Last seen">
					<Time at={gateway.lastSeenAt} />
				</Fact>
				{gateway.callbackUrls.length > 0 && (
					<Fact name="Callbacks">
						<p className="text-soft">What the provider has to call:</p>
						{gateway.callbackUrls.map((url) => (
							<Code key={url} text={url} />
						))}
					</Fact>
				)}
			</Facts>
			<CarrierDeeds
				name={gateway.name}
				paused={gateway.state === "paused"}
				says="New texts take the next gateway, or are refused without charge. Texts are still received."
				pause={() => take(api.POST("/api/v1/operator/gateways/{name}/pause", { params }))}
				resume={() => take(api.POST("/api/v1/operator/gateways/{name}/resume", { params }))}
				test={(to) => take(api.POST("/api/v1/operator/gateways/{name}/test", { params, body: { to } }))}
				to={["Send a test to", "+14155551212"]}
			/>
		</Panel>
	);
}

function Standing({ of, children }: { of: Relay | Gateway; children: ReactNode }) {
	return (
		<section className="flex flex-col items-start gap-2 rounded-md bg-sunken p-4">
			{children}
			{of.pausedAt && (
				<p>
					Paused <Time at={of.pausedAt} />.
				</p>
			)}
			{of.sandbox && <p className="text-soft">A sandbox: it takes everything, and nothing leaves.</p>}
			{of.lastError && <p className="mono break-words text-soft">{of.lastError}</p>}
		</section>
	);
}
