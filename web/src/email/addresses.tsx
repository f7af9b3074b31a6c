import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { EmailAddress, EmailCap } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { FormError } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { Meter } from "../ui/meter.tsx";
import { Page, Section } from "../ui/page.tsx";
import { Tag } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { addresses, caps } from "./queries.ts";

/** From which addresses this account sends, and how much it may today. */
export function Addresses() {
	const list = useQuery(addresses);
	const say = useToast();
	const prefer = useDeed({
		act: (address: EmailAddress) =>
			take(
				api.PATCH("/api/v1/email/addresses/{id}", {
					params: { path: { id: address.id } },
					body: { isDefault: true },
				}),
			),
		changes: [
			["email", "addresses"],
			["email", "account"],
		],
		after: (address) => say(`${address.address} is the default.`),
	});
	return (
		<Page
			title="Addresses"
			intro="What may stand in from. A call that names none uses the default. The operator assigns addresses of your own."
		>
			<FormError>{prefer.failure?.message}</FormError>
			<Table
				what="The addresses"
				columns={addressColumns((address) => prefer.do(address), prefer.busy)}
				rows={list.data?.items}
				error={list.error}
				again={list.refetch}
				id={(address) => address.id}
				expect={2}
				empty={
					<Empty title="The addresses you can send from will be here.">
						<p>None is assigned to this account yet. Ask the operator for one.</p>
					</Empty>
				}
			/>
			<Caps />
		</Page>
	);
}

function addressColumns(prefer: (address: EmailAddress) => void, busy: boolean): Column<EmailAddress>[] {
	return [
		{ head: "Address", cell: (row) => <Code text={row.address} />, width: "36%" },
		{ head: "Name", cell: (row) => row.displayName || <span className="text-soft">–</span>, extra: true },
		{ head: "Open to", cell: (row) => (row.global ? "everybody here" : "you"), width: "128px", extra: true },
		{
			head: "Today",
			cell: (row) => (row.dailyCap === null ? "no cap" : `${count(row.usedToday)} of ${count(row.dailyCap)}`),
			numeric: true,
			width: "140px",
		},
		{
			head: "Default",
			numeric: true,
			width: "132px",
			cell: (row) =>
				row.isDefault ? (
					<Tag>default</Tag>
				) : (
					<Button kind="quiet" disabled={busy} onClick={() => prefer(row)}>
						Make default
					</Button>
				),
		},
	];
}

const capColumns: Column<EmailCap>[] = [
	{ head: "Cap of", cell: (cap) => `${cap.scope} ${cap.name}` },
	{ head: "Used", cell: (cap) => <Meter used={cap.used} of={cap.cap} />, width: "30%" },
	{ head: "Left", cell: (cap) => count(cap.remaining), numeric: true, width: "104px" },
	{ head: "Yours waiting", cell: (cap) => count(cap.queued), numeric: true, width: "120px" },
	{ head: "Resets", cell: (cap) => <Time at={cap.resetsAt} />, numeric: true, width: "132px" },
];

function Caps() {
	const list = useQuery(caps);
	return (
		<Section title="Daily caps">
			<Table
				what="The caps"
				columns={capColumns}
				rows={list.data?.items}
				error={list.error}
				again={list.refetch}
				id={(cap) => `${cap.scope}/${cap.name}`}
				expect={1}
				empty={<Empty title="Nothing is capped: relays and addresses take what comes." />}
			/>
		</Section>
	);
}
