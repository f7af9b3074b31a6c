import { type ReactNode, useEffect } from "react";

interface PageProps {
	title: string;
	/** Beside the title: the one thing to do here. */
	action?: ReactNode;
	/** One sentence below the title. */
	intro?: ReactNode;
	children: ReactNode;
}

/** The content of a page, at most 1120 px wide. The tab has the same title. */
export function Page({ title, action, intro, children }: PageProps) {
	useTitle(title);
	return (
		<div className="mx-auto flex w-full max-w-[1168px] flex-col gap-5 px-6 py-6 max-narrow:px-4">
			<header className="flex flex-col gap-1">
				<div className="flex min-h-8 flex-wrap items-center justify-between gap-3">
					<h1 className="text-xl font-semibold">{title}</h1>
					{action}
				</div>
				{intro && <p className="max-w-[72ch] text-soft">{intro}</p>}
			</header>
			{children}
		</div>
	);
}

/** Names the tab, for the browser's history and a row of tabs. */
export function useTitle(title: string): void {
	useEffect(() => {
		document.title = `${title} · Aviso`;
	}, [title]);
}

/** A part of a page with a heading of its own. */
export function Section({
	title,
	action,
	children,
}: {
	title: string;
	action?: ReactNode;
	children: ReactNode;
}) {
	return (
		<section className="flex flex-col gap-3">
			<div className="flex min-h-8 flex-wrap items-center justify-between gap-3">
				<h2 className="text-lg font-semibold">{title}</h2>
				{action}
			</div>
			{children}
		</section>
	);
}
