import type { ReactNode } from "react";
import type { Sample } from "../api/samples.ts";
import { useEmailSamples, useSMSSamples } from "../api/use_samples.ts";
import { Snippet } from "../ui/snippet.tsx";
import { Markdown, MarkdownLine, Pre } from "./markdown.tsx";
import type { Answer, Field, Operation } from "./model.ts";

/** One call: what it does, what goes in, what comes out. */
export function Call({ operation: o }: { operation: Operation }) {
	return (
		<section id={o.id} className="flex scroll-mt-16 flex-col gap-4 border-t border-line pt-6">
			<header className="flex flex-col gap-1">
				<h2 className="text-lg font-semibold">
					<a href={`#${o.id}`}>{o.summary}</a>
				</h2>
				<p className="mono break-all">
					<span className="font-semibold">{o.method}</span> {o.path}
				</p>
				{o.auth && (
					<p className="text-soft">
						{o.auth.startsWith("Authorization") ? <code className="mono">{o.auth}</code> : `With ${o.auth}`}
					</p>
				)}
			</header>
			<Written operation={o.id} />
			{o.description && <Markdown text={o.description} />}
			<FieldList title="Parameters" fields={o.parameters} />
			<FieldList title={`Body, ${o.contentTypes.join(" or ")}`} fields={o.body} />
			{o.examples.map((example) => (
				<Part key={example.title} title={example.title || "Example"}>
					<Pre>{example.text}</Pre>
				</Part>
			))}
			<Part title="Answers">
				<div className="card divide-y divide-line">
					{o.answers.map((answer) => (
						<AnswerRow key={answer.status} answer={answer} />
					))}
				</div>
			</Part>
		</section>
	);
}

// The two calls that everybody begins with are there in four languages.
function Written({ operation }: { operation: string }) {
	const samples: Record<string, Sample[]> = {
		sendEmail: useEmailSamples(),
		sendSMS: useSMSSamples(),
	};
	const mine = samples[operation];
	return mine ? <Snippet samples={mine} /> : null;
}

function Part({ title, children }: { title: string; children: ReactNode }) {
	return (
		<div className="flex flex-col gap-2">
			<h3 className="font-semibold">{title}</h3>
			{children}
		</div>
	);
}

function FieldList({ title, fields }: { title: string; fields: readonly Field[] }) {
	if (fields.length === 0) {
		return null;
	}
	return (
		<Part title={title}>
			<dl className="card divide-y divide-line">
				{fields.map((field) => (
					<div key={`${field.place}/${field.name}`} className="flex flex-col gap-1 px-3 py-2">
						<dt className="flex flex-wrap items-baseline gap-x-3">
							<code className="mono font-semibold break-all">{field.name}</code>
							<span className="text-sm break-words text-soft">
								{[field.place, field.type, field.required ? "required" : ""].filter(Boolean).join(", ")}
							</span>
						</dt>
						{field.description && (
							<dd className="text-sm">
								<Markdown text={field.description} />
							</dd>
						)}
					</div>
				))}
			</dl>
		</Part>
	);
}

function AnswerRow({ answer }: { answer: Answer }) {
	const [first = "", ...rest] = answer.description.trim().split("\n\n");
	return (
		<details className="group">
			<summary className="flex items-baseline gap-3 px-3 py-2 hover:bg-sunken">
				<code className="mono font-semibold">{answer.status}</code>
				<span className="min-w-0 flex-1">
					<MarkdownLine text={first.replaceAll("\n", " ")} />
				</span>
			</summary>
			<div className="flex flex-col gap-3 px-3 pb-3">
				{rest.length > 0 && <Markdown text={rest.join("\n\n")} />}
				<FieldList title="Fields" fields={answer.fields} />
				{answer.examples.map((example) => (
					<Pre key={example.title}>{example.text}</Pre>
				))}
			</div>
		</details>
	);
}
