import { useState } from "react";
import { CopyButton } from "./copy.tsx";

/** One way to write the same call. */
export interface Sample {
	language: string;
	code: string;
}

/** Code to copy, in the language the reader chose last. */
export function Snippet({ samples }: { samples: readonly Sample[] }) {
	const [language, setLanguage] = useState(() => localStorage.getItem("language") ?? "");
	const sample = samples.find((s) => s.language === language) ?? samples[0];
	if (!sample) {
		return null;
	}
	const choose = (name: string) => {
		setLanguage(name);
		localStorage.setItem("language", name);
	};
	return (
		<div className="card w-full min-w-0 overflow-hidden text-ink">
			<div className="flex items-center justify-between gap-2 border-b border-line bg-sunken py-1 pr-1 pl-2">
				<fieldset aria-label="Language" className="flex">
					{samples.map((s) => (
						<button
							key={s.language}
							type="button"
							aria-pressed={s === sample}
							onClick={() => choose(s.language)}
							className="rounded px-2 py-1 text-sm text-soft hover:text-ink aria-pressed:font-semibold aria-pressed:text-ink"
						>
							{s.language}
						</button>
					))}
				</fieldset>
				<CopyButton text={sample.code} />
			</div>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls has to be reachable by keyboard. */}
			<pre tabIndex={0} className="mono overflow-x-auto p-3 text-sm leading-5">
				{sample.code}
			</pre>
		</div>
	);
}
