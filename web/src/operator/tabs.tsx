import { Link, useLocation } from "wouter";
import { root } from "./queries.ts";

interface TabsProps {
	label: string;
	/** An address and a name each; the first also stands for what is below it. */
	tabs: readonly (readonly [string, string])[];
}

/** Pages that share a place of the sidebar. */
function Tabs({ label, tabs }: TabsProps) {
	const [path] = useLocation();
	const current = tabs.find(([to], i) => i > 0 && path.startsWith(to)) ?? tabs[0];
	return (
		<nav aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
			{tabs.map((tab) => (
				<Link
					key={tab[0]}
					to={tab[0]}
					aria-current={tab === current ? "page" : undefined}
					className="-mb-px border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-soft hover:text-ink aria-[current=page]:border-ink aria-[current=page]:text-ink"
				>
					{tab[1]}
				</Link>
			))}
		</nav>
	);
}

const accountTabs = [
	[`${root}/accounts`, "Accounts"],
	[`${root}/accounts/invites`, "Invites"],
] as const;

const textTabs = [
	[`${root}/texts`, "Unknown"],
	[`${root}/texts/unrouted`, "Unrouted"],
	[`${root}/texts/opt-outs`, "Opt-outs"],
] as const;

const sandboxTabs = [
	[`${root}/sandbox`, "Mail"],
	[`${root}/sandbox/texts`, "Texts"],
] as const;

/** Accounts, and who was asked to make one. */
export const AccountTabs = () => <Tabs label="Accounts" tabs={accountTabs} />;
/** What a person has to look at among the texts. */
export const TextTabs = () => <Tabs label="Texts" tabs={textTabs} />;
/** What the sandbox took, by product. */
export const SandboxTabs = () => <Tabs label="Sandbox" tabs={sandboxTabs} />;
