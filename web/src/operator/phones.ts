import type { SandboxText } from "../api/schema";

/** A phone that exists nowhere, and what was exchanged with it. */
export interface Phone {
	number: string;
	/** Oldest first. Direction "out" is what the phone received. */
	texts: SandboxText[];
}

/** Sorts captured texts, newest first, by the phone on the other side; the one heard of last first. */
export function phonesOf(newestFirst: readonly SandboxText[]): Phone[] {
	const phones = new Map<string, Phone>();
	for (const text of newestFirst) {
		const number = international(text.direction === "out" ? text.to : text.from);
		const phone = phones.get(number) ?? { number, texts: [] };
		phone.texts.unshift(text);
		phones.set(number, phone);
	}
	return [...phones.values()];
}

// Gateways leave the plus away as they like, and it is the same phone.
function international(number: string): string {
	return /^\d{7,15}$/.test(number) ? `+${number}` : number;
}
