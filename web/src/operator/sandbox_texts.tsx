import { useQuery } from "@tanstack/react-query";
import { type RefObject, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { api, done } from "../api/client.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { SandboxText } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { Form, FormError, TextField } from "../ui/field.tsx";
import { plural } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Pages } from "../ui/pages.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Time } from "../ui/time.tsx";
import { type Phone, phonesOf } from "./phones.ts";
import { sandboxTexts } from "./queries.ts";
import { SandboxTabs } from "./tabs.tsx";

/** Texts as on the phones they were meant for, and a way to write from one. */
export function SandboxTexts() {
	const [search] = useSearchParams();
	const page = useQuery(sandboxTexts(placeOf(search)));
	const [from, setFrom] = useState("+447700900123");
	const words = useRef<HTMLDivElement>(null);
	const items = page.data?.items;
	return (
		<Page
			title="Sandbox inbox"
			intro="What a sandbox gateway took, on phones that exist nowhere. A text written here arrives as if one of them had sent it."
		>
			<SandboxTabs />
			<Section title="Write from a phone">
				<Inject from={from} onFrom={setFrom} words={words} />
			</Section>
			<Section title="Phones">
				{items ? (
					<Phones
						phones={phonesOf(items)}
						onAnswer={(number) => {
							setFrom(number);
							words.current?.querySelector("input")?.focus();
						}}
					/>
				) : page.error ? (
					<div className="card">
						<Failed what="The texts" error={page.error} again={page.refetch} />
					</div>
				) : (
					<div className={grid}>
						<Skeleton className="h-64 w-full" />
						<Skeleton className="h-64 w-full" />
					</div>
				)}
			</Section>
			<Pages
				extent={page.data && { ...page.data, count: page.data.items.length, lastId: items?.at(-1)?.id }}
			/>
		</Page>
	);
}

const grid = "grid grid-cols-[repeat(auto-fill,minmax(min(280px,100%),1fr))] items-start gap-4";

interface PhonesProps {
	phones: readonly Phone[];
	onAnswer(number: string): void;
}

function Phones({ phones, onAnswer }: PhonesProps) {
	if (phones.length === 0) {
		return (
			<div className="card">
				<Empty title="Texts that go to the sandbox will be here.">
					<p>Send one by the API, or write one above: one that begins with a shortcode goes to its owner.</p>
				</Empty>
			</div>
		);
	}
	return (
		<ul className={grid}>
			{phones.map((phone) => (
				<li key={phone.number} className="card flex max-h-[28rem] flex-col">
					<header className="flex items-center justify-between gap-2 border-b border-line px-4 py-2">
						<h3 className="truncate font-medium">{phone.number}</h3>
						<Button kind="quiet" onClick={() => onAnswer(phone.number)}>
							Write
						</Button>
					</header>
					{/* Turned around, so that it begins at its foot, where the newest is. */}
					<ol className="flex min-h-0 flex-col-reverse gap-2 overflow-y-auto p-3">
						{phone.texts.toReversed().map((text) => (
							<Bubble key={text.id} text={text} />
						))}
					</ol>
				</li>
			))}
		</ul>
	);
}

function Bubble({ text }: { text: SandboxText }) {
	const mine = text.direction === "in";
	return (
		<li
			className={`flex max-w-[85%] flex-col gap-0.5 rounded-lg border border-line px-3 py-2 ${mine ? "self-end bg-sunken" : "self-start"}`}
		>
			<span className="break-words whitespace-pre-wrap">{text.content}</span>
			<span className="text-xs text-soft">
				{mine ? `to ${text.to}` : `from ${text.from}`}
				{text.segments > 1 && `, ${plural(text.segments, "segment")}`}, <Time at={text.receivedAt} />
			</span>
		</li>
	);
}

interface InjectProps {
	from: string;
	onFrom(number: string): void;
	words: RefObject<HTMLDivElement | null>;
}

function Inject({ from, onFrom, words }: InjectProps) {
	const [text, setText] = useState("");
	const send = useDeed({
		act: () => done(api.POST("/api/v1/operator/sandbox/inbound", { body: { from: from.trim(), text } })),
		changes: [["operator", "sandbox"], ["operator", "texts"], ["sms"]],
		after: () => setText(""),
	});
	return (
		<Form onSubmit={() => send.do()}>
			<div className="grid items-start gap-3 wide:grid-cols-[200px_minmax(0,1fr)_auto]">
				<TextField
					label="From"
					error={at(send.failure, "from")}
					inputMode="tel"
					autoComplete="off"
					maxLength={30}
					value={from}
					onChange={onFrom}
				/>
				<div ref={words}>
					<TextField
						label="Text"
						help="Its first word is the shortcode it is for."
						error={at(send.failure, "text")}
						autoComplete="off"
						maxLength={1600}
						placeholder="order two pizzas"
						value={text}
						onChange={setText}
					/>
				</div>
				<Button
					type="submit"
					kind="primary"
					busy={send.busy}
					disabled={text.trim() === ""}
					className="wide:mt-6 wide:h-9"
				>
					Send it
				</Button>
			</div>
			<FormError>{elsewhere(send.failure, "from", "text")}</FormError>
		</Form>
	);
}
