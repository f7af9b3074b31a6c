import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { api, take } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { SmsApplication } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Buttons } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Field, FormError, TextArea } from "../ui/field.tsx";
import { count } from "../ui/figures.ts";
import { FormDialog } from "../ui/form_dialog.tsx";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Choice, ClearFilters } from "../ui/search.tsx";
import { State } from "../ui/state.tsx";
import type { Column } from "../ui/table.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { useToast } from "../ui/toast.tsx";
import { Chosen } from "./chosen.tsx";
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
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(applications(search.get("status") ?? "", placeOf(search)));
	return (
		<Page title="SMS applications">
			<search className="flex flex-wrap items-center gap-2">
				<Choice label="Any state" name="status" options={statuses} />
			</search>
			<Listing
				page={page}
				what="The applications"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href(row.id)}
				selected={selected}
				closed={closed}
				empty={
					search.size > 0 ? (
						<Empty title="No application is in this state.">
							<ClearFilters>Show all</ClearFilters>
						</Empty>
					) : (
						<Empty title="Applications to use SMS will be here.">
							<p>Somebody who wants to send texts applies on their own SMS page; you approve it here.</p>
						</Empty>
					)
				}
			/>
			<Chosen what="Application" page={page} selected={selected} closed={closed}>
				{(row) => <ApplicationPanel key={row.id} application={row} closed={closed} />}
			</Chosen>
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
		<FormDialog
			title={`Reject ${a.accountEmail}`}
			action="Reject the application"
			kind="danger"
			busy={reject.busy}
			disabled={reason.trim() === ""}
			error={elsewhere(reject.failure, "reason")}
			onSubmit={() => reject.do()}
			onClose={onClose}
		>
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
		</FormDialog>
	);
}
