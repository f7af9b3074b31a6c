import { useEffect, useState } from "react";
import { Icon } from "./icon.tsx";

/** Puts a text on the clipboard, and tells whether that was possible. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}

// A page that is not served over https has no clipboard but this one.
function copyBySelection(text: string): boolean {
	const area = document.createElement("textarea");
	area.value = text;
	area.className = "fixed opacity-0";
	(document.querySelector("dialog:modal") ?? document.body).append(area);
	area.select();
	const done = document.execCommand("copy");
	area.remove();
	return done;
}

type Outcome = "" | "Copied" | "Select it";

const icons = { "": "copy", Copied: "check", "Select it": "warning" } as const;

function useCopy(text: string): [Outcome, () => void] {
	const [outcome, setOutcome] = useState<Outcome>("");
	useEffect(() => {
		if (outcome === "") {
			return;
		}
		const timer = setTimeout(() => setOutcome(""), 2000);
		return () => clearTimeout(timer);
	}, [outcome]);
	return [outcome, () => void copyText(text).then((done) => setOutcome(done ? "Copied" : "Select it"))];
}

/** A button that copies and says so, without changing its width. */
export function CopyButton({
	text,
	label = "Copy",
	primary = false,
}: {
	text: string;
	label?: string;
	primary?: boolean;
}) {
	const [outcome, copy] = useCopy(text);
	const look = primary ? "bg-accent text-accent-ink" : "border border-line bg-raised hover:bg-sunken";
	return (
		<button
			type="button"
			onClick={copy}
			className={`relative z-[1] inline-flex h-8 shrink-0 items-center gap-2 rounded-md px-3 text-base font-medium max-narrow:h-10 ${look}`}
		>
			<Icon name={outcome === "Copied" ? "check" : "copy"} size={14} />
			<span className="grid">
				<span className={`col-start-1 row-start-1 ${outcome ? "invisible" : ""}`}>{label}</span>
				<span aria-live="polite" className="col-start-1 row-start-1">
					{outcome}
				</span>
			</span>
		</button>
	);
}

/** An id or a token, in mono, with a way to copy it. */
export function Code({ text, show }: { text: string; show?: string }) {
	const [outcome, copy] = useCopy(text);
	return (
		<span className="inline-flex max-w-full items-center gap-1 align-bottom">
			<code className="mono truncate" title={text}>
				{show ?? text}
			</code>
			<button
				type="button"
				onClick={copy}
				aria-label={`Copy ${text}`}
				title={outcome || "Copy"}
				className="relative z-[1] inline-flex shrink-0 items-center gap-1 rounded p-1 text-xs text-soft hover:bg-sunken hover:text-ink"
			>
				<Icon name={icons[outcome]} size={13} />
				{/* The icon says it to the eye: words would push aside what is beside it. */}
				<span aria-live="polite" className="sr-only">
					{outcome}
				</span>
			</button>
		</span>
	);
}
