import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { SmsMessageDetail, SmsSegment } from "../api/schema";
import { Code } from "../ui/copy.tsx";
import { Failed } from "../ui/failed.tsx";
import { count, plural } from "../ui/figures.ts";
import { Fact, Facts, Panel, PanelSection } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactTime } from "../ui/time.tsx";
import { Timeline, TimelineItem } from "../ui/timeline.tsx";
import { conversationPath } from "./paths.ts";
import { PushList } from "./pushes.tsx";
import { text } from "./queries.ts";
import { storyOf } from "./story.ts";

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
			<PanelSection title="What happened">
				<Timeline>
					{storyOf(t).map((event, i) => (
						<TimelineItem key={`${event.at}/${i}`} {...event}>
							{event.words && <p className="mono break-words text-soft">{event.words}</p>}
						</TimelineItem>
					))}
				</Timeline>
			</PanelSection>
			{t.push && (
				<PanelSection title="Webhook">
					<PushList pushes={[t.push]} />
				</PanelSection>
			)}
			{t.segments.length > 1 && (
				<PanelSection title="Segments">
					<ul className="card divide-y divide-line text-sm">
						{t.segments.map((segment) => (
							<Segment key={segment.number} segment={segment} />
						))}
					</ul>
				</PanelSection>
			)}
		</>
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
