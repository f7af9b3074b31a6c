import { count } from "./figures.ts";

/** How much of something is used: the figures, and a bar below them. */
export function Meter({ used, of }: { used: number; of: number }) {
	const share = of === 0 ? 1 : Math.min(1, used / of);
	return (
		<span className="flex flex-col gap-1 py-1 leading-4">
			<span>
				{count(used)} of {count(of)}
			</span>
			<span aria-hidden="true" className="block h-1 overflow-hidden rounded bg-sunken">
				<span
					className={`block h-full ${share >= 1 ? "bg-bad" : "bg-bar"}`}
					style={{ width: `${share * 100}%` }}
				/>
			</span>
		</span>
	);
}
