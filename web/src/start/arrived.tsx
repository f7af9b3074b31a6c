import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, take } from "../api/client.ts";
import { State } from "../ui/state.tsx";
import { Time } from "../ui/time.tsx";

const few = 3;
const often = 3000;

interface Arrival {
	id: string;
	to: string;
	name: string;
	words: string;
	status: string;
	at: string;
}

/** The latest emails, as they come. */
export function ArrivedEmails() {
	const latest = useQuery({
		queryKey: ["email", "logs", "latest"],
		queryFn: () => take(api.GET("/api/v1/email/logs", { params: { query: { limit: few } } })),
		refetchInterval: often,
	}).data;
	return (
		<Arrivals
			waiting="Waiting for the first message."
			arrivals={latest?.items.map((m) => ({
				id: m.messageId,
				to: `/dashboard/email/logs/${encodeURIComponent(m.messageId)}`,
				name: m.to[0] ?? m.from,
				words: m.subject,
				status: m.status,
				at: m.createdAt,
			}))}
		/>
	);
}

/** The latest texts of one direction, as they come. */
export function ArrivedTexts({ direction }: { direction: "in" | "out" }) {
	const latest = useQuery({
		queryKey: ["sms", "messages", "latest", direction],
		queryFn: () => take(api.GET("/api/v1/sms/messages", { params: { query: { limit: few, direction } } })),
		refetchInterval: often,
	}).data;
	return (
		<Arrivals
			waiting="Waiting for the first text."
			arrivals={latest?.items.map((m) => ({
				id: m.id,
				to: `/dashboard/sms/messages/${encodeURIComponent(m.peer)}/${encodeURIComponent(m.id)}`,
				name: m.peer,
				words: m.content,
				status: m.status,
				at: m.createdAt,
			}))}
		/>
	);
}

function Arrivals({ waiting, arrivals }: { waiting: string; arrivals: Arrival[] | undefined }) {
	return (
		<ul aria-live="polite" className="card min-h-11 w-full divide-y divide-line">
			{arrivals?.length ? (
				arrivals.map((arrival) => (
					<li key={arrival.id} className="flex min-h-11 items-center gap-4 px-3">
						<State of={arrival.status} />
						<Link to={arrival.to} className="link min-w-0 flex-1 truncate">
							{arrival.name} <span className="text-soft">{arrival.words}</span>
						</Link>
						<span className="text-sm text-soft">
							<Time at={arrival.at} />
						</span>
					</li>
				))
			) : (
				<li className="flex h-11 items-center gap-3 px-3 text-soft">
					<span className="size-2 animate-pulse rounded-full bg-edge" />
					{waiting}
				</li>
			)}
		</ul>
	);
}
