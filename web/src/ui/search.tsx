import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

const pause = 250;

/**
 * A filter that is part of the page's address. Changing it begins the list
 * anew. The value is "" where there is none.
 */
export function useFilter(name: string): [string, (value: string) => void] {
	const [search, setSearch] = useSearchParams();
	const set = (value: string) =>
		setSearch(
			(before) => {
				const after = new URLSearchParams(before);
				for (const stale of ["offset", "before", name]) {
					after.delete(stale);
				}
				if (value) {
					after.set(name, value);
				}
				return after;
			},
			{ replace: true },
		);
	return [search.get(name) ?? "", set];
}

/** The way out of a list in which the filters leave nothing. */
export function ClearFilters({ children }: { children: string }) {
	const [, setSearch] = useSearchParams();
	return <Button onClick={() => setSearch(new URLSearchParams())}>{children}</Button>;
}

/** A search field: `/` goes there, and typing filters after a short pause. */
export function Search({ label, name = "q" }: { label: string; name?: string }) {
	const [filter, setFilter] = useFilter(name);
	const [text, setText] = useState(filter);
	const [followed, setFollowed] = useState(filter);
	// The address changed by other means, such as the back button.
	if (filter !== followed) {
		setFollowed(filter);
		setText(filter);
	}
	useEffect(() => {
		if (text.trim() === filter) {
			return;
		}
		const timer = setTimeout(() => setFilter(text.trim()), pause);
		return () => clearTimeout(timer);
	});
	return (
		<label className="relative block w-64 max-narrow:col-span-full max-narrow:w-full">
			<span className="sr-only">{label}</span>
			<Icon
				name="search"
				size={14}
				className="pointer-events-none absolute top-2.5 left-2.5 text-soft max-narrow:top-3"
			/>
			<input
				data-search
				type="search"
				value={text}
				onChange={(event) => setText(event.target.value)}
				placeholder={label}
				className="h-9 w-full rounded-md border border-edge bg-raised pr-8 pl-8 text-base max-narrow:h-10 max-narrow:text-lg"
			/>
			<kbd className="pointer-events-none absolute top-2 right-2.5 font-sans text-soft max-wide:hidden">
				{text ? "" : "/"}
			</kbd>
		</label>
	);
}

/** A choice among a few, as a filter. */
export function Choice({
	label,
	name,
	options,
}: {
	label: string;
	name: string;
	options: readonly (readonly [string, string])[];
}) {
	const [value, setValue] = useFilter(name);
	return (
		<label>
			<span className="sr-only">{label}</span>
			<select
				value={value}
				onChange={(event) => setValue(event.target.value)}
				className="h-9 max-w-44 rounded-md max-narrow:w-full max-narrow:max-w-none border border-edge bg-raised pr-1 pl-2 text-base max-narrow:h-10 max-narrow:text-lg"
			>
				<option value="">{label}</option>
				{options.map(([key, words]) => (
					<option key={key} value={key}>
						{words}
					</option>
				))}
			</select>
		</label>
	);
}
