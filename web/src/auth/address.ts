import { useState } from "react";

/**
 * Reads what a link carries behind its #, which browsers keep to themselves:
 * no server, no log and no referrer sees it.
 */
export function useCarried(name: string): [string, (value: string) => void] {
	return useState(() => new URLSearchParams(location.hash.slice(1)).get(name) ?? "");
}

/** Where to go after signing in: a place on this page, never another site. */
export function nextPlace(search: string): string {
	const next = new URLSearchParams(search).get("next") ?? "";
	return /^\/(dashboard|docs)([/?#]|$)/.test(next) ? next : "/dashboard";
}
