import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { Icon } from "./icon.tsx";

interface PanelProps {
	title: ReactNode;
	/** The list behind it, with its filters. */
	closed: string;
	children: ReactNode;
}

/**
 * One thing of a list, beside it and below the page's header, whose mark of the
 * sandbox is never covered. It has an address of its own.
 */
export function Panel({ title, closed, children }: PanelProps) {
	const panel = useRef<HTMLElement>(null);
	useEffect(() => {
		const row = document.querySelector("tr[aria-selected=true] a[data-row]");
		const before = row ?? document.activeElement;
		panel.current?.focus({ preventScroll: true });
		// Back to the row it came from, so that j and k go on from there.
		return () =>
			before instanceof HTMLElement && before.isConnected ? before.focus({ preventScroll: true }) : undefined;
	}, []);
	return (
		<aside
			ref={panel}
			tabIndex={-1}
			aria-label="Details"
			className="fixed top-12 right-0 bottom-0 z-30 flex w-[min(560px,100vw)] flex-col border-l border-line bg-raised shadow-xl outline-none"
		>
			<header className="flex min-h-12 items-center justify-between gap-3 border-b border-line px-5 py-2 max-narrow:px-4">
				<h2 className="min-w-0 truncate text-lg font-semibold">{title}</h2>
				<Link
					to={closed}
					aria-label="Close"
					title="Close (Esc)"
					className="rounded p-2 text-soft hover:bg-sunken hover:text-ink"
				>
					<Icon name="cross" />
				</Link>
			</header>
			<div className="flex flex-1 flex-col gap-6 overflow-y-auto overscroll-contain px-5 py-5 max-narrow:px-4">
				{children}
			</div>
		</aside>
	);
}

/** A part of a panel with a heading of its own. */
export function PanelSection({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section className="flex flex-col gap-3">
			<h3 className="font-semibold">{title}</h3>
			{children}
		</section>
	);
}

/** Facts as pairs: a name, and what it is. */
export function Facts({ children }: { children: ReactNode }) {
	return (
		<dl className="grid grid-cols-[112px_minmax(0,1fr)] gap-x-4 gap-y-2 max-narrow:grid-cols-[96px_minmax(0,1fr)]">
			{children}
		</dl>
	);
}

/** One pair. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<>
			<dt className="text-soft">{name}</dt>
			<dd className="min-w-0 break-words">{children}</dd>
		</>
	);
}
