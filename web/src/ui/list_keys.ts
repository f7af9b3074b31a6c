import { type RefObject, useEffect } from "react";
import { useLocation } from "wouter";

const typing = "input,textarea,select,[contenteditable]";

/**
 * The keys of a list: j and k move, Enter opens (the row is a link), Esc
 * closes, / goes to the search field. With a panel open, j and k move the panel.
 */
export function useListKeys(body: RefObject<HTMLElement | null>, selected?: string, closed?: string): void {
	const [, go] = useLocation();
	useEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
				return;
			}
			if (document.querySelector("dialog:modal, [popover=auto]:popover-open")) {
				return;
			}
			const target = event.target as Element;
			if (target.matches?.(typing)) {
				if (event.key === "Escape") {
					(target as HTMLElement).blur();
				}
				return;
			}
			if (event.key === "Escape" && selected !== undefined && closed) {
				go(closed);
			} else if (event.key === "/") {
				event.preventDefault();
				document.querySelector<HTMLInputElement>("[data-search]")?.focus();
			} else if (event.key === "j" || event.key === "k") {
				const link = neighbour(body.current, event.key === "j" ? 1 : -1);
				link?.focus();
				const href = link?.getAttribute("href");
				if (selected !== undefined && href) {
					go(href, { replace: true });
				}
			}
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, [body, selected, closed, go]);
}

function neighbour(body: HTMLElement | null, step: 1 | -1): HTMLElement | undefined {
	const links = [...(body?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
	const row = document.activeElement?.closest("tr") ?? body?.querySelector("tr[aria-selected=true]");
	const at = links.findIndex((link) => row?.contains(link));
	return links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))];
}
