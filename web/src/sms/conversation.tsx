import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import type { SmsMessage } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { Panel } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactDay, exactTime } from "../ui/time.tsx";
import { conversationPath } from "./paths.ts";
import { conversation } from "./queries.ts";
import { daysOf } from "./thread.ts";

/** All texts with one number, the newest at the foot. */
export function ConversationPanel({ peer, closed }: { peer: string; closed: string }) {
	const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
		conversation(peer),
	);
	// While a page is read, a text may have slipped from one to the next.
	const texts = data && [
		...new Map(data.pages.flatMap((page) => page.items).map((text) => [text.id, text])).values(),
	];
	return (
		<Panel title={peer} closed={closed}>
			{texts ? (
				<>
					{hasNextPage && (
						<div className="flex justify-center">
							<Button kind="quiet" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
								Show earlier texts
							</Button>
						</div>
					)}
					<Thread texts={texts} peer={peer} />
				</>
			) : error ? (
				<Failed what="The conversation" error={error} again={refetch} />
			) : (
				["self-end w-2/3 h-16", "w-1/2 h-12", "self-end w-3/5 h-16"].map((shape) => (
					<Skeleton key={shape} className={shape} />
				))
			)}
		</Panel>
	);
}

function Thread({ texts, peer }: { texts: readonly SmsMessage[]; peer: string }) {
	const end = useRef<HTMLDivElement>(null);
	const newest = texts[0]?.id;
	// Where one reads on: what is new is at the foot.
	useEffect(() => {
		if (newest) {
			end.current?.scrollIntoView({ block: "end" });
		}
	}, [newest]);
	if (texts.length === 0) {
		return <Empty title={`No texts were exchanged with ${peer}.`} />;
	}
	return (
		<div className="flex flex-col gap-6">
			{daysOf(texts).map((day) => (
				<section key={day.at} className="flex flex-col gap-3">
					<h3 className="text-center text-xs text-soft">{exactDay(day.at)}</h3>
					{day.texts.map((text) => (
						<Bubble key={text.id} text={text} />
					))}
				</section>
			))}
			<div ref={end} />
		</div>
	);
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function Bubble({ text }: { text: SmsMessage }) {
	const out = text.direction === "out";
	return (
		<Link
			to={conversationPath(text.peer, text.id)}
			className={`flex max-w-[85%] flex-col gap-1 rounded-lg border border-line px-3 py-2 hover:border-edge ${out ? "self-end bg-sunken" : "self-start"}`}
		>
			{text.shortcode && <span className="text-xs text-soft">to {text.shortcode}</span>}
			<span className="break-words whitespace-pre-wrap">
				{text.content || <span className="text-soft">no words</span>}
			</span>
			<span
				className="flex items-center justify-end gap-2 text-xs text-soft"
				title={exactTime(text.createdAt)}
			>
				{out && <State of={text.status} />}
				{clock.format(new Date(text.createdAt))}
			</span>
		</Link>
	);
}
