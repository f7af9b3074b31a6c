import { useFilter } from "./search.tsx";

/** A day of the calendar, as a filter. */
export function DayFilter({ label, name }: { label: string; name: string }) {
	const [value, setValue] = useFilter(name);
	return (
		<label className="flex min-w-0 items-center gap-2 text-soft max-narrow:flex-col max-narrow:items-stretch max-narrow:gap-1">
			{label}
			<input
				type="date"
				value={value}
				onChange={(event) => setValue(event.target.value)}
				className="h-9 min-w-0 flex-1 max-narrow:flex-none rounded-md border border-edge bg-raised px-2 text-base text-ink max-narrow:h-10 max-narrow:text-lg"
			/>
		</label>
	);
}
