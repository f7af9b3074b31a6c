import { type ReactNode, useState } from "react";
import { Icon } from "../ui/icon.tsx";

interface StepCardProps {
	title: string;
	done: boolean | undefined;
	/** Open by itself, until the reader says otherwise. */
	open: boolean;
	/** What it has shown is worth seeing after it is done, too. */
	stays: boolean;
	children: ReactNode;
}

/** One step: a mark that sets itself, and what to do. */
export function StepCard({ title, done, open, stays, children }: StepCardProps) {
	const [chosen, setChosen] = useState<boolean | null>(null);
	const [opened, setOpened] = useState(open);
	if (open && !opened) {
		setOpened(true);
	}
	const isOpen = chosen ?? (open || (stays && opened));
	return (
		<li className="card">
			<button
				type="button"
				aria-expanded={isOpen}
				onClick={() => setChosen(!isOpen)}
				className="flex min-h-11 w-full items-center gap-3 rounded-lg px-4 text-left font-medium hover:bg-sunken"
			>
				<Mark done={done} />
				<span className={`flex-1 ${done ? "text-soft" : ""}`}>{title}</span>
				<span className="text-sm font-normal text-soft">{done ? "done" : ""}</span>
				<Icon
					name="down"
					size={14}
					className={`text-soft transition-transform ${isOpen ? "rotate-180" : ""}`}
				/>
			</button>
			{isOpen && <div className="flex flex-col items-start gap-3 px-4 pt-1 pb-4 wide:pl-12">{children}</div>}
		</li>
	);
}

function Mark({ done }: { done: boolean | undefined }) {
	return (
		<span
			className={`grid size-5 shrink-0 place-items-center rounded-full border ${done ? "border-good text-good" : "border-edge"}`}
		>
			{done && <Icon name="check" size={12} />}
		</span>
	);
}
