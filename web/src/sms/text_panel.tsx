import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { SmsMessageDetail, SmsSegment } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { Failed } from "../ui/failed.tsx";
import { count, plural } from "../ui/figures.ts";
import { Icon } from "../ui/icon.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactTime, Time } from "../ui/time.tsx";
import { conversationPath } from "./paths.ts";
import { PushList } from "./pushes.tsx";
import { text } from "./queries.ts";
import { type Event, storyOf } from "./story.ts";

/** One text: what it is, where it stands, and how it got there. */
export function TextPanel({ id, closed }: { id: string; closed: string }) {
	const { data, error, refetch } = useQuery(text(id));
	const title = data ? `${data.direction === "in" ? "From" : "To"} ${data.peer}` : error ? "Text" : " ";
	return (
		<Panel title={title} closed={closed}>
			{data ? (
				<Told text={data} />
			) : error ? (
				<Failed what="The text" error={error} again={refetch} />
			) : (
				["h-24", "h-20", "h-48"].map((height) => <Skeleton key={height} className={`w-full ${height}`} />)
			)}
		</Panel>
	);
}

function Told({ text: t }: { text: SmsMessageDetail }) {
	return (
		<>
			<blockquote className="break-words whitespace-pre-wrap">
				{t.content || <span className="text-soft">no words</span>}
			</blockquote>
			<section className="flex flex-col items-start gap-2 rounded-md bg-sunken p-4">
				<State of={t.status} />
				<p className="font-medium">{t.standing}</p>
				{t.lastError && !t.standing.includes(t.lastError) && (
					<p className="mono break-words text-soft">{t.lastError}</p>
				)}
			</section>
			<Facts>
				<Fact name={t.direction === "in" ? "From" : "To"}>
					{t.peer},{" "}
					<Link to={conversationPath(t.peer)} className="link">
						the conversation
					</Link>
				</Fact>
				<Fact name={t.direction === "in" ? "To" : "From"}>{t.ours}</Fact>
				{t.shortcode && <Fact name="Shortcode">{t.shortcode}</Fact>}
				{t.gateway && <Fact name="Gateway">{t.gateway}</Fact>}
				{t.encoding && (
					<Fact name="Encoding">
						{t.encoding}, {plural(t.segments.length, "segment")}
					</Fact>
				)}
				{t.direction === "out" && <Fact name="Credits">{count(t.creditCost)}</Fact>}
				<Fact name={t.direction === "in" ? "Received" : "Accepted"}>{exactTime(t.createdAt)}</Fact>
				<Fact name="Id">
					<Code text={t.id} />
				</Fact>
			</Facts>
			<Part title="What happened">
				<ol className="flex flex-col">
					{storyOf(t).map((event, i) => (
						<Step key={`${event.at}/${i}`} event={event} />
					))}
				</ol>
			</Part>
			{t.push && (
				<Part title="Webhook">
					<PushList pushes={[t.push]} />
				</Part>
			)}
			{t.segments.length > 1 && (
				<Part title="Segments">
					<ul className="card divide-y divide-line text-sm">
						{t.segments.map((segment) => (
							<Segment key={segment.number} segment={segment} />
						))}
					</ul>
				</Part>
			)}
		</>
	);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section className="flex flex-col gap-3">
			<h3 className="font-semibold">{title}</h3>
			{children}
		</section>
	);
}

function Step({ event }: { event: Event }) {
	return (
		<li className="group relative flex gap-3 pb-4 last:pb-0">
			<span
				aria-hidden="true"
				className="absolute top-5 bottom-0 left-[9px] w-px bg-line group-last:hidden"
			/>
			<span className={`grid size-5 shrink-0 place-items-center rounded-full bg-sunken ${event.tone}`}>
				<Icon name={event.icon} size={12} />
			</span>
			<div className="flex min-w-0 flex-1 flex-col gap-0.5">
				<p className="flex items-baseline justify-between gap-3">
					<span className="min-w-0 break-words">{event.says}</span>
					<span className="shrink-0 text-sm text-soft">
						<Time at={event.at} />
					</span>
				</p>
				{event.words && <p className="mono break-words text-soft">{event.words}</p>}
			</div>
		</li>
	);
}

function Segment({ segment: s }: { segment: SmsSegment }) {
	const words = [s.code, s.text].filter(Boolean).join(" ");
	return (
		<li className="flex flex-col gap-0.5 px-3 py-2">
			<span className="flex items-start justify-between gap-3">
				<span>
					Segment {s.number}
					{s.gateway && <span className="text-soft"> at {s.gateway}</span>}
				</span>
				<State of={s.status} />
			</span>
			{s.messageId && <Code text={s.messageId} />}
			{words && <span className="mono break-words text-soft">{words}</span>}
		</li>
	);
}
