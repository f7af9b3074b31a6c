import { useEffect } from "react";
import { Page } from "../ui/page.tsx";
import { Call } from "./call.tsx";
import { Markdown } from "./markdown.tsx";
import type { Api } from "./model.ts";

/** All calls of one API, with a way to each at the side. */
export function ApiPage({ api }: { api: Api }) {
	// The browser has looked for the place before it was drawn.
	useEffect(() => {
		const id = decodeURIComponent(location.hash.slice(1));
		if (id) {
			document.getElementById(id)?.scrollIntoView();
		}
	}, []);
	return (
		<Page
			title={api.title}
			action={
				<a className="link text-soft" href={`/llms/${api.id}.txt`}>
					as plain text
				</a>
			}
		>
			{api.intro && <Markdown text={api.intro} />}
			<div className="grid gap-8 wide:grid-cols-[220px_minmax(0,1fr)]">
				<nav
					aria-label="Calls"
					className="sticky top-16 flex max-h-[calc(100dvh-80px)] flex-col self-start overflow-y-auto text-sm max-wide:hidden"
				>
					{api.operations.map((operation) => (
						<a
							key={operation.id}
							href={`#${operation.id}`}
							className="rounded px-2 py-1 text-soft hover:bg-sunken hover:text-ink"
						>
							{operation.summary}
						</a>
					))}
				</nav>
				<div className="flex min-w-0 flex-col gap-10">
					{api.operations.map((operation) => (
						<Call key={operation.id} operation={operation} />
					))}
				</div>
			</div>
		</Page>
	);
}
