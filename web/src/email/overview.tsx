import { useQuery } from "@tanstack/react-query";
import type { EmailDay } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { Bars, fates } from "../ui/bars.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { count, credits } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { Snippet } from "../ui/snippet.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { exactDay, statisticsDay } from "../ui/time.tsx";
import { account, stats } from "./queries.ts";

const columns: Column<EmailDay>[] = [
	{ head: "Day", cell: (day) => statisticsDay(day.day) },
	{ head: "Accepted", cell: (day) => count(day.accepted), numeric: true },
	{ head: "Sent", cell: (day) => count(day.sent), numeric: true },
	{ head: "Queued", cell: (day) => count(day.queued), numeric: true },
	{ head: "Failed", cell: (day) => count(day.failed), numeric: true },
	{ head: "Other", cell: (day) => count(day.other), numeric: true, extra: true },
	{ head: "Credits", cell: (day) => count(day.credits), numeric: true },
];

/** How email stands: today, in all, and day by day. */
export function Overview() {
	const standing = useQuery(account);
	const now = standing.data;
	const days = useQuery(stats);
	const samples = useEmailSamples();
	const busy = days.data?.days.filter((day) => day.accepted > 0).reverse();
	return (
		<Page
			title="Email"
			action={
				<ButtonLink to="/dashboard/email/logs" kind="plain">
					Open the log
				</ButtonLink>
			}
		>
			<Figures what="The account" error={now ? null : standing.error} again={standing.refetch}>
				<Figure name="Sent today" value={now && count(now.sentToday)} note="since 00:00 UTC" />
				<Figure name="Queued" value={now && count(now.queued)} note="will be tried again" />
				<Figure name="Sent" value={now && count(now.sentTotal)} note="over all time" />
				<Figure name="Failed" value={now && count(now.failedTotal)} note="refunded" />
				<Figure
					name="Credits"
					value={now && credits(now.credits.balance)}
					note={now?.credits.unlimitedUntil ? `unlimited until ${exactDay(now.credits.unlimitedUntil)}` : ""}
				/>
			</Figures>
			<Bars
				what="Messages of the last 30 days"
				series={fates}
				days={days.data?.days.map((day) => ({ day: day.day, values: [day.sent, day.queued, day.failed] }))}
			/>
			<Section title="By day">
				<Table
					what="The days"
					columns={columns}
					rows={busy}
					error={days.error}
					again={days.refetch}
					id={(day) => day.day}
					expect={5}
					empty={
						<Empty title="Nothing was sent in the last 30 days.">
							<p>The first message makes the first bar:</p>
							<Snippet samples={samples} />
						</Empty>
					}
				/>
			</Section>
		</Page>
	);
}
