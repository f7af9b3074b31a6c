import { type ReactNode, useId, useRef } from "react";
import { Icon } from "./icon.tsx";

interface MenuProps {
	/** What the button is called for those who do not see it. */
	label: string;
	button?: ReactNode;
	children: ReactNode;
}

/** A button that opens a few choices below it. A click on one closes it. */
export function Menu({ label, button, children }: MenuProps) {
	const id = useId();
	const list = useRef<HTMLDivElement>(null);
	const opener = useRef<HTMLButtonElement>(null);
	return (
		<>
			<button
				ref={opener}
				type="button"
				aria-label={label}
				popoverTarget={id}
				className="relative z-[1] inline-flex h-8 items-center gap-2 rounded-md px-2 text-soft hover:bg-sunken hover:text-ink max-narrow:h-10"
			>
				{button ?? <Icon name="dots" />}
			</button>
			{/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: The buttons inside are what is pressed; this hears that one was. */}
			<div
				ref={list}
				id={id}
				popover="auto"
				onToggle={(event) => event.newState === "open" && place(opener.current, list.current)}
				onClick={(event) => (event.target as Element).closest("a,button") && list.current?.hidePopover()}
				className="m-0 min-w-44 rounded-md border border-line bg-raised p-1 text-ink shadow-lg"
			>
				{children}
			</div>
		</>
	);
}

// Placed by hand: anchor positioning is not in every browser yet.
function place(opener: HTMLElement | null, list: HTMLElement | null): void {
	if (!opener || !list) {
		return;
	}
	const at = opener.getBoundingClientRect();
	const below = at.bottom + 4;
	const fits = below + list.offsetHeight < window.innerHeight;
	list.style.inset = "auto";
	list.style.top = `${fits ? below : at.top - 4 - list.offsetHeight}px`;
	// It would stay behind while its button moves away.
	addEventListener("scroll", () => list.hidePopover(), { once: true, capture: true });
	list.style.left = `${Math.max(8, at.right - list.offsetWidth)}px`;
}

/** The look of a choice in a menu. */
export const menuItem =
	"flex w-full items-center gap-2 rounded px-2.5 py-1.5 text-left text-base hover:bg-sunken disabled:opacity-60 max-narrow:py-2.5";

/** A choice that does something. */
export function MenuItem({
	onClick,
	danger = false,
	chosen,
	children,
}: {
	onClick(): void;
	danger?: boolean;
	/** Of several that exclude each other: whether this one holds. */
	chosen?: boolean;
	children: ReactNode;
}) {
	return (
		<button
			type="button"
			onClick={onClick}
			aria-pressed={chosen}
			className={`${menuItem} ${danger ? "text-bad" : ""}`}
		>
			{children}
			{chosen && <Icon name="check" size={14} className="ml-auto" />}
		</button>
	);
}
