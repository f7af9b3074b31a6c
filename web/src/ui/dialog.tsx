import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./icon.tsx";

interface DialogProps {
	title: string;
	/** Called when the reader wants it closed. */
	onClose(): void;
	/** Not even Esc closes it; only a button inside does. */
	keep?: boolean;
	children: ReactNode;
}

/**
 * A modal dialog. It is open while it is drawn. Esc and the cross close it; a
 * click beside it does not, since that would lose what was typed.
 */
export function Dialog({ title, onClose, keep = false, children }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null);
	const heading = useId();
	useEffect(() => {
		const element = dialog.current;
		const before = opener(document.activeElement);
		element?.showModal();
		// It puts the focus on the first control, which is the cross.
		element
			?.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select, [data-way-out]")
			?.focus();
		return () => {
			element?.close();
			if (before instanceof HTMLElement && before.isConnected) {
				before.focus({ preventScroll: true });
			}
		};
	}, []);
	return (
		<dialog
			ref={dialog}
			aria-labelledby={heading}
			closedby={keep ? "none" : "closerequest"}
			onKeyDown={(event) => keep && event.key === "Escape" && event.preventDefault()}
			onCancel={(event) => {
				event.preventDefault();
				if (!keep) {
					onClose();
				}
			}}
			className="m-auto max-h-[calc(100dvh-32px)] w-[min(560px,calc(100vw-32px))] overflow-y-auto rounded-lg border border-line bg-raised p-0 shadow-xl"
		>
			<div className="flex flex-col gap-4 p-5">
				<header className="flex items-start justify-between gap-4">
					<h2 id={heading} className="text-lg font-semibold">
						{title}
					</h2>
					{!keep && (
						<button
							type="button"
							onClick={onClose}
							aria-label="Close"
							className="rounded p-1 text-soft hover:bg-sunken hover:text-ink"
						>
							<Icon name="cross" />
						</button>
					)}
				</header>
				{children}
			</div>
		</dialog>
	);
}

// A choice of a menu is hidden again by then: the menu's button stands for it.
function opener(focused: Element | null): Element | null {
	const menu = focused?.closest("[popover]");
	return menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : focused;
}

/** The row of buttons at the end of a dialog or a form, the chief one last. */
export function Buttons({ children }: { children: ReactNode }) {
	return <div className="flex flex-wrap justify-end gap-2 pt-1">{children}</div>;
}
