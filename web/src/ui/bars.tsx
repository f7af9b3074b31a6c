import { useState } from "react";
import { count } from "./figures.ts";
import { statisticsDay } from "./time.tsx";

/** What is counted for one day, in the order of the series. */
export interface Day {
	day: string;
	values: number[];
}

/** One part of each bar, from the bottom up. */
export interface Series {
	name: string;
	/** A background colour and, so that colour is not alone, a pattern. */
	look: string;
}

interface BarsProps {
	what: string;
	series: readonly Series[];
	days: readonly Day[] | undefined;
}

/** The parts of a message's fate, as bars show them. */
export const fates: readonly Series[] = [
	{ name: "sent", look: "bg-bar" },
	{ name: "queued", look: "bar-queued" },
	{ name: "failed", look: "bg-bad" },
];

/** Stacked bars, one for each day, with the figures of the day under the pointer. */
export function Bars({ what, series, days }: BarsProps) {
	const [at, setAt] = useState<number | null>(null);
	const top = Math.max(1, ...(days ?? []).map(sum));
	const last = (days?.length ?? 1) - 1;
	const shown = days?.[at ?? last];
	return (
		<figure className="card flex flex-col gap-3 p-4">
			<figcaption className="flex min-h-5 flex-wrap justify-between gap-x-6">
				<span className="font-medium">{what}</span>
				<span className="text-soft" aria-live="off">
					{shown &&
						`${statisticsDay(shown.day)}: ${series.map((s, i) => `${count(shown.values[i] ?? 0)} ${s.name}`).join(", ")}`}
				</span>
			</figcaption>
			<div
				aria-hidden="true"
				className="flex h-36 items-stretch gap-[3px] max-narrow:gap-px"
				onPointerLeave={() => setAt(null)}
			>
				{(days ?? placeholder).map((day, i) => (
					<div
						key={day.day}
						onPointerEnter={() => setAt(i)}
						className={`flex min-w-0 flex-1 flex-col-reverse rounded-sm border-b border-line ${i === at ? "bg-sunken" : ""}`}
					>
						{series.map((s, n) => (
							<Bar key={s.name} look={s.look} share={(day.values[n] ?? 0) / top} />
						))}
					</div>
				))}
			</div>
			<div aria-hidden="true" className="flex min-h-4 justify-between text-xs text-soft">
				<span>{days?.[0] ? statisticsDay(days[0].day) : " "}</span>
				<span>{days && `highest day ${count(Math.max(0, ...days.map(sum)))}, days in UTC`}</span>
				<span>{days?.[last] ? "today" : " "}</span>
			</div>
		</figure>
	);
}

const placeholder: Day[] = Array.from({ length: 30 }, (_, i) => ({ day: String(i), values: [] }));

function sum(day: Day): number {
	return day.values.reduce((a, b) => a + b, 0);
}

// At least a pixel for what happened at all.
function Bar({ look, share }: { look: string; share: number }) {
	return (
		<div
			className={`w-full shrink-0 ${look}`}
			style={{ height: share > 0 ? `max(2px, ${share * 100}%)` : 0 }}
		/>
	);
}
