import { useQuery } from "@tanstack/react-query";
import type { SmsAccount, SmsDay } from "../api/schema";
import { useConfig } from "../api/session.ts";
import { useSMSSamples } from "../api/use_samples.ts";
import { Bars, type Series } from "../ui/bars.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { count, credits, percent } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { statisticsDay } from "../ui/time.tsx";
import { Application } from "./application.tsx";
import { root } from "./paths.ts";
import { account, stats } from "./queries.ts";

/** How texts stand; before the first one, whether they may be sent at all. */
export function Overview() {
	const standing = useQuery(account);
	const off = useConfig().data?.mode.sms === "off";
	const now = standing.data;
	const title = "SMS";
	if (!now) {
		return (
			<Page title={title}>
				{standing.error ? (
					<div className="card">
						<Failed what="The account" error={standing.error} again={standing.refetch} />
					</div>
				) : (
					<Skeleton className="h-96 w-full" />
				)}
			</Page>
		);
	}
	// Whoever was approved once has texts to look at, whatever came after.
	if (now.status !== "approved" && now.token === null) {
		return (
			<Page title={title} intro={off ? "No gateway is configured yet: nothing can be sent or received." : ""}>
				<Application account={now} />
			</Page>
		);
	}
	return <Days account={now} title={title} />;
}

/** A text's fate, as the bars of a day show it. */
const fates: readonly Series[] = [
	{ name: "sent", look: "bg-bar" },
	{ name: "unknown", look: "bar-queued" },
	{ name: "failed", look: "bg-bad" },
];

const columns: Column<SmsDay>[] = [
	{ head: "Day", cell: (day) => statisticsDay(day.day) },
	{ head: "Sent", cell: (day) => count(day.sent), numeric: true },
	{ head: "Delivered", cell: (day) => count(day.delivered), numeric: true },
	{ head: "Failed", cell: (day) => count(day.failed), numeric: true },
	{ head: "Unknown", cell: (day) => count(day.unknown), numeric: true, extra: true },
	{ head: "Received", cell: (day) => count(day.received), numeric: true },
	{ head: "Credits", cell: (day) => count(day.credits), numeric: true },
];

function Days({ account: now, title }: { account: SmsAccount; title: string }) {
	const days = useQuery(stats);
	const all = days.data?.days;
	const today = all?.at(-1);
	const month = all && sums(all);
	return (
		<Page title={title} action={<ButtonLink to={`${root}/messages`}>Open the messages</ButtonLink>}>
			{now.status !== "approved" && <Application account={now} />}
			{now.held && (
				<p role="status" className="rounded-md bg-wait-ground px-3 py-2">
					The operator holds all sending: texts are refused, without charge, until it is released.
				</p>
			)}
			<Figures what="The figures" error={all ? null : days.error} again={days.refetch}>
				<Figure name="Sent today" value={today && count(today.sent)} note="since 00:00 UTC" />
				<Figure
					name="Delivered"
					value={month && percent(month.delivered, month.sent)}
					note="in the last 30 days"
				/>
				<Figure name="Failed" value={month && count(month.failed)} note="in the last 30 days" />
				<Figure name="Received" value={month && count(month.received)} note="in the last 30 days" />
				<Figure
					name="Credits"
					value={credits(now.credits)}
					note={now.sender ? `from ${now.sender}` : "no number yet"}
				/>
			</Figures>
			<Bars
				what="Texts of the last 30 days"
				series={fates}
				days={all?.map((day) => ({ day: day.day, values: [day.sent, day.unknown, day.failed] }))}
			/>
			<Section title="By day">
				<Table
					what="The days"
					columns={columns}
					rows={all?.filter(busy).reverse()}
					error={days.error}
					again={days.refetch}
					id={(day) => day.day}
					expect={5}
					empty={<FirstText token={now.token !== null} />}
				/>
			</Section>
		</Page>
	);
}

function FirstText({ token }: { token: boolean }) {
	const samples = useSMSSamples();
	return (
		<Empty title="No text was sent or received in the last 30 days.">
			{!token && <ButtonLink to={`${root}/api-keys`}>Make a key first</ButtonLink>}
			<p>The first text makes the first bar:</p>
			<Snippet samples={samples} />
		</Empty>
	);
}

function busy(day: SmsDay): boolean {
	return day.sent + day.failed + day.unknown + day.received > 0;
}

function sums(days: readonly SmsDay[]): {
	sent: number;
	delivered: number;
	failed: number;
	received: number;
} {
	const all = { sent: 0, delivered: 0, failed: 0, received: 0 };
	for (const day of days) {
		all.sent += day.sent;
		all.delivered += day.delivered;
		all.failed += day.failed;
		all.received += day.received;
	}
	return all;
}
