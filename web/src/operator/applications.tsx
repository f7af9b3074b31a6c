import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearch, useSearchParams } from "wouter";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { SmsApplication } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Buttons, Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Field, Form, FormError, TextArea } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Choice } from "../ui/search.tsx";
import { State } from "../ui/state.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { Gone } from "./gone.tsx";
import { applications, root } from "./queries.ts";

const list = `${root}/applications`;

const columns: Column<SmsApplication>[] = [
	{ head: "Account", cell: (row) => row.accountEmail, width: "26%" },
	{ head: "Use", cell: (row) => row.useCase },
	{ head: "A month", cell: (row) => count(row.monthlyVolume), numeric: true, width: "112px", extra: true },
	{ head: "State", cell: (row) => <State of={row.status} />, width: "116px" },
	{ head: "Sent in", cell: (row) => <Time at={row.submittedAt} />, numeric: true, width: "132px" },
];

const statuses = ["pending", "approved", "rejected"].map((status) => [status, status] as const);

/** Who wants to use SMS, and what for. */
export function Applications({ selected }: { selected: string | undefined }) {
	const [search, setSearch] = useSearchParams();
	const query = useSearch();
	const behind = query ? `?${query}` : "";
	const page = useQuery(applications(search.get("status") ?? "", placeOf(search)));
	const items = page.data?.items;
	const chosen = items?.find((row) => row.id === selected);
	return (
		<Page title="SMS applications">
			<search className="flex flex-wrap items-center gap-2">
				<Choice label="Any state" name="status" options={statuses} />
			</search>
			<Table
				what="The applications"
				columns={columns}
				rows={items}
				error={page.error}
				again={page.refetch}
				id={(row) => row.id}
				href={(row) => `${list}/${encodeURIComponent(row.id)}${behind}`}
				selected={selected}
				closed={list + behind}
				empty={
					search.size > 0 ? (
						<Empty title="No application is in this state.">
							<Button onClick={() => setSearch(new URLSearchParams())}>Show all</Button>
						</Empty>
					) : (
						<Empty title="Applications to use SMS will be here.">
							<p>Somebody who wants to send texts applies on their own SMS page; you approve it here.</p>
						</Empty>
					)
				}
			/>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
			{chosen && <ApplicationPanel key={chosen.id} application={chosen} closed={list + behind} />}
			{selected && items && !chosen && <Gone what="Application" closed={list + behind} />}
		</Page>
	);
}

const changes = [["operator"], ["sms"]];

function ApplicationPanel({ application: a, closed }: { application: SmsApplication; closed: string }) {
	const [rejecting, setRejecting] = useState(false);
	const say = useToast();
	const approve = useDeed({
		act: () =>
			take(api.POST("/api/v1/operator/sms/applications/{id}/approve", { params: { path: { id: a.id } } })),
		changes,
		after: () => say(`${a.accountEmail} may use SMS.`),
	});
	return (
		<Panel title={a.accountName || a.accountEmail} closed={closed}>
			<Facts>
				<Fact name="State">
					<State of={a.status} />
				</Fact>
				<Fact name="Account">
					<Link to={`${root}/accounts/${encodeURIComponent(a.accountId)}`} className="link">
						{a.accountEmail}
					</Link>
				</Fact>
				<Fact name="Use">
					<span className="whitespace-pre-wrap">{a.useCase}</span>
				</Fact>
				{/* Not a link: it is what a stranger typed. */}
				<Fact name="Website">{a.website || "–"}</Fact>
				<Fact name="A month">{count(a.monthlyVolume)} texts</Fact>
				<Fact name="Sent in">{exactTime(a.submittedAt)}</Fact>
				{a.decidedAt && (
					<Fact name="Decided">
						{exactTime(a.decidedAt)}
						{a.decidedBy && ` by ${a.decidedBy}`}
					</Fact>
				)}
				{a.reason && (
					<Fact name="Reason">
						<span className="whitespace-pre-wrap">{a.reason}</span>
					</Fact>
				)}
			</Facts>
			{a.status === "pending" && (
				<>
					<FormError>{approve.failure?.message}</FormError>
					<Buttons>
						<Button disabled={approve.busy} onClick={() => setRejecting(true)}>
							Reject
						</Button>
						<Button kind="primary" busy={approve.busy} onClick={() => approve.do()}>
							Approve
						</Button>
					</Buttons>
				</>
			)}
			{rejecting && <Reject application={a} onClose={() => setRejecting(false)} />}
		</Panel>
	);
}

function Reject({ application: a, onClose }: { application: SmsApplication; onClose(): void }) {
	const [reason, setReason] = useState("");
	const say = useToast();
	const reject = useDeed({
		act: () =>
			take(
				api.POST("/api/v1/operator/sms/applications/{id}/reject", {
					params: { path: { id: a.id } },
					body: { reason: reason.trim() },
				}),
			),
		changes,
		after: () => {
			say("The application is rejected.");
			onClose();
		},
	});
	return (
		<Dialog title={`Reject ${a.accountEmail}`} onClose={onClose}>
			<Form onSubmit={() => reject.do()}>
				<Field
					label="Reason"
					help="The applicant reads it, and can apply again."
					error={at(reject.failure, "reason")}
				>
					{(control) => (
						<TextArea
							{...control}
							autoFocus
							maxLength={500}
							value={reason}
							onChange={(event) => setReason(event.target.value)}
						/>
					)}
				</Field>
				<FormError>{elsewhere(reject.failure, "reason")}</FormError>
				<Buttons>
					<Button onClick={onClose}>Cancel</Button>
					<Button type="submit" kind="danger" busy={reject.busy} disabled={reason.trim() === ""}>
						Reject the application
					</Button>
				</Buttons>
			</Form>
		</Dialog>
	);
}
