import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "wouter";

type Kind = "primary" | "plain" | "quiet" | "danger";

const shape =
	"relative z-[1] inline-flex h-8 shrink-0 items-center justify-center gap-2 rounded-md px-3 text-base font-medium whitespace-nowrap transition-colors disabled:opacity-60 disabled:cursor-default max-narrow:h-10";

const kinds: Record<Kind, string> = {
	primary: "bg-accent text-accent-ink enabled:hover:brightness-110",
	plain: "border border-line bg-raised text-ink enabled:hover:bg-sunken",
	quiet: "text-soft enabled:hover:bg-sunken enabled:hover:text-ink",
	danger: "border border-bad text-bad enabled:hover:bg-bad-ground",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
	kind?: Kind;
	/** What it does is under way: it cannot be pressed, and keeps its width. */
	busy?: boolean;
}

/** A button says what it does, and shows that it is doing it. */
export function Button({ kind = "plain", busy = false, className = "", children, ...rest }: ButtonProps) {
	return (
		<button
			type="button"
			{...rest}
			disabled={busy || rest.disabled}
			aria-busy={busy}
			className={`${shape} ${kinds[kind]} ${className}`}
		>
			<span className={`inline-flex items-center gap-2 ${busy ? "invisible" : ""}`}>{children}</span>
			{busy && <Spinner />}
		</button>
	);
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function ButtonLink(props: { to: string; kind?: Kind; children: ReactNode }) {
	const kind = kinds[props.kind ?? "plain"].replaceAll("enabled:", "");
	return (
		<Link to={props.to} className={`${shape} ${kind}`}>
			{props.children}
		</Link>
	);
}

function Spinner() {
	return (
		<span className="absolute inset-0 grid place-items-center">
			<span className="size-4 animate-spin rounded-full border-2 border-current border-r-transparent" />
		</span>
	);
}
