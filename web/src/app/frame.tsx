import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Me } from "../api/schema";
import { useNotConnectedSince, useSignOut } from "../api/session.ts";
import { useProgress } from "../start/progress.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu, MenuItem, menuItem } from "../ui/menu.tsx";
import { clock } from "../ui/time.tsx";
import { trail } from "./nav.ts";
import { Sidebar } from "./sidebar.tsx";
import { Balance, SandboxMark } from "./standing.tsx";
import { applyTheme, type Theme, theme as themeChosen } from "./theme.ts";

/** The frame around every page of the dashboard. */
export function Frame({ me, children }: { me: Me; children: ReactNode }) {
	const [path] = useLocation();
	const sheet = useRef<HTMLDialogElement>(null);
	const progress = useProgress(me);
	const since = useNotConnectedSince();
	// Wherever a link of the sheet leads, the sheet has done its work.
	useEffect(() => sheet.current?.close(), [path]);
	// Until the password is the reader's own, there is one thing to do.
	const ready = !me.mustChangePassword;
	const sidebar = ready ? (
		<Sidebar me={me} start={!progress.done} />
	) : (
		<p className="px-5 py-3 text-lg font-semibold">Aviso</p>
	);
	return (
		<div className="min-h-dvh wide:grid wide:grid-cols-[208px_minmax(0,1fr)]">
			<a
				href="#content"
				className="sr-only rounded bg-raised p-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
			>
				Skip to the content
			</a>
			<div className="sticky top-0 h-dvh overflow-y-auto border-r border-line max-wide:hidden">{sidebar}</div>
			<dialog
				ref={sheet}
				closedby="any"
				aria-label="Menu"
				className="m-0 h-dvh max-h-none w-64 border-r border-line bg-ground p-0"
			>
				{sidebar}
			</dialog>
			<div className="flex min-w-0 flex-col">
				<header className="sticky top-0 z-20 flex h-12 items-center justify-between gap-3 border-b border-line bg-ground px-6 max-narrow:px-4">
					<div className="flex min-w-0 items-center gap-2">
						<button
							type="button"
							aria-label="Menu"
							onClick={() => sheet.current?.showModal()}
							className="-ml-2 rounded p-2 text-soft hover:bg-sunken wide:hidden"
						>
							<Icon name="menu" />
						</button>
						<p className="truncate text-soft">{trail(path).join(" / ")}</p>
					</div>
					<div className="flex shrink-0 items-center gap-3">
						<SandboxMark />
						{ready && <Balance path={path} />}
						<Person me={me} />
					</div>
				</header>
				{since !== null && <Notice>Not connected since {clock(since)}. What you see is from then.</Notice>}
				{me.suspended && (
					<Notice>This account is suspended: you can look, and change nothing. Write to the operator.</Notice>
				)}
				{!me.emailVerified && (
					<Notice>
						Sending begins once your address is confirmed: open the link in the mail to {me.email}, or{" "}
						<Link to="/dashboard/account" className="link">
							have it sent again
						</Link>
						.
					</Notice>
				)}
				<main id="content" tabIndex={-1} className="outline-none">
					{children}
				</main>
			</div>
		</div>
	);
}

function Notice({ children }: { children: ReactNode }) {
	return (
		<p
			role="status"
			className="flex items-start gap-2 border-b border-line bg-wait-ground px-6 py-2 max-narrow:px-4"
		>
			<Icon name="warning" className="mt-0.5 text-wait" />
			<span>{children}</span>
		</p>
	);
}

const themes: readonly [Theme, string][] = [
	["system", "As the system"],
	["light", "Light"],
	["dark", "Dark"],
];

function Person({ me }: { me: Me }) {
	const signOut = useSignOut();
	const [chosen, choose] = useState(themeChosen);
	return (
		<Menu label={`Account of ${me.email}`} button={<Icon name="person" />}>
			<p className="max-w-60 truncate px-2.5 py-1.5 text-soft">{me.email}</p>
			<Link to="/dashboard/account" className={menuItem}>
				Account
			</Link>
			<Link to="/dashboard/account/sessions" className={menuItem}>
				Sessions
			</Link>
			<Link to="/dashboard/account/prime" className={menuItem}>
				Prime
			</Link>
			<hr className="my-1 border-line" />
			{themes.map(([theme, name]) => (
				<MenuItem
					key={theme}
					chosen={theme === chosen}
					onClick={() => {
						applyTheme(theme);
						choose(theme);
					}}
				>
					{name}
				</MenuItem>
			))}
			<hr className="my-1 border-line" />
			<MenuItem onClick={() => signOut.mutate()}>Sign out</MenuItem>
		</Menu>
	);
}
