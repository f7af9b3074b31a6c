/** Light, dark, or as the system says. */
export type Theme = "system" | "light" | "dark";

/** What the reader chose. */
export function theme(): Theme {
	const stored = localStorage.getItem("theme");
	return stored === "light" || stored === "dark" ? stored : "system";
}

/** Takes effect at once; without a choice, what was chosen before does. */
export function applyTheme(chosen: Theme = theme()): void {
	localStorage.setItem("theme", chosen);
	if (chosen === "system") {
		delete document.documentElement.dataset.theme;
	} else {
		document.documentElement.dataset.theme = chosen;
	}
}
