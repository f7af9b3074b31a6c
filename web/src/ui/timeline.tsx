import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import { Time } from "./time.tsx";

/** What happened to a thing, step by step, oldest first. */
export function Timeline({ children }: { children: ReactNode }) {
	return <ol className="flex flex-col">{children}</ol>;
}

interface TimelineItemProps {
	icon: IconName;
	tone: string;
	at: string;
	says: string;
	/** Below it: what somebody else said. */
	children: ReactNode;
}

/** One step; a line leads from it to the next. */
export function TimelineItem({ icon, tone, at, says, children }: TimelineItemProps) {
	return (
		<li className="group relative flex gap-3 pb-4 last:pb-0">
			<span
				aria-hidden="true"
				className="absolute top-5 bottom-0 left-[9px] w-px bg-line group-last:hidden"
			/>
			<span className={`grid size-5 shrink-0 place-items-center rounded-full bg-sunken ${tone}`}>
				<Icon name={icon} size={12} />
			</span>
			<div className="flex min-w-0 flex-1 flex-col gap-0.5">
				<p className="flex items-baseline justify-between gap-3">
					<span className="min-w-0 break-words">{says}</span>
					<span className="shrink-0 text-sm text-soft">
						<Time at={at} />
					</span>
				</p>
				{children}
			</div>
		</li>
	);
}
