import { Link, useLocation } from "wouter";

const tabs = [
	["/dashboard/account", "Profile"],
	["/dashboard/account/sessions", "Sessions"],
	["/dashboard/account/prime", "Prime"],
] as const;

/** The pages of the account stand in no sidebar; these lead from one to the next. */
export function Tabs() {
	const [path] = useLocation();
	return (
		<nav aria-label="Account" className="flex gap-1 border-b border-line">
			{tabs.map(([to, name]) => (
				<Link
					key={to}
					to={to}
					aria-current={path === to ? "page" : undefined}
					className="-mb-px border-b-2 border-transparent px-3 py-2 text-soft hover:text-ink aria-[current=page]:border-ink aria-[current=page]:text-ink"
				>
					{name}
				</Link>
			))}
		</nav>
	);
}
