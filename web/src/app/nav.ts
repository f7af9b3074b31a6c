import type { IconName } from "../ui/icon.tsx";

/** A place in the sidebar. */
export interface Place {
	name: string;
	to: string;
}

/** An area of the page: one chunk of script, one folder. */
export interface Area {
	name: string;
	icon: IconName;
	root: string;
	places: readonly Place[];
}

/** Everything that is done with email. */
export const email: Area = {
	name: "Email",
	icon: "mail",
	root: "/dashboard/email",
	places: [
		{ name: "Overview", to: "/dashboard/email" },
		{ name: "Logs", to: "/dashboard/email/logs" },
		{ name: "API keys", to: "/dashboard/email/api-keys" },
		{ name: "Addresses", to: "/dashboard/email/addresses" },
		{ name: "Credits", to: "/dashboard/email/credits" },
	],
};

/** Everything that is done with texts. */
export const sms: Area = {
	name: "SMS",
	icon: "text",
	root: "/dashboard/sms",
	places: [
		{ name: "Overview", to: "/dashboard/sms" },
		{ name: "Messages", to: "/dashboard/sms/messages" },
		{ name: "API key", to: "/dashboard/sms/api-keys" },
		{ name: "Shortcodes", to: "/dashboard/sms/shortcodes" },
		{ name: "Credits", to: "/dashboard/sms/credits" },
	],
};

/** What the operator of the installation does. */
export const operator: Area = {
	name: "Operator",
	icon: "gauge",
	root: "/dashboard/operator",
	places: [
		{ name: "Overview", to: "/dashboard/operator" },
		{ name: "Accounts", to: "/dashboard/operator/accounts" },
		{ name: "Applications", to: "/dashboard/operator/applications" },
		{ name: "Senders", to: "/dashboard/operator/senders" },
		{ name: "Relays, gateways", to: "/dashboard/operator/relays" },
		{ name: "Queue", to: "/dashboard/operator/queue" },
		{ name: "Texts", to: "/dashboard/operator/texts" },
		{ name: "Sandbox inbox", to: "/dashboard/operator/sandbox" },
		{ name: "Audit", to: "/dashboard/operator/audit" },
	],
};

/** What belongs to the reader. */
export const account: Area = {
	name: "Account",
	icon: "person",
	root: "/dashboard/account",
	places: [
		{ name: "Profile", to: "/dashboard/account" },
		{ name: "Sessions", to: "/dashboard/account/sessions" },
		{ name: "Prime", to: "/dashboard/account/prime" },
	],
};

/** The way to a path, for the line above the page: "Email", "Logs". */
export function trail(path: string): string[] {
	for (const area of [email, sms, operator, account]) {
		if (path !== area.root && !path.startsWith(`${area.root}/`)) {
			continue;
		}
		const place = here(path, area.places);
		return place && place.to !== area.root ? [area.name, place.name] : [area.name];
	}
	if (path.startsWith("/dashboard/checkout")) {
		return ["Checkout"];
	}
	return path === "/dashboard" ? ["Start"] : [];
}

/** The place a path belongs to: the one that begins with most of it. */
export function here(path: string, places: readonly Place[]): Place | undefined {
	return places
		.filter((place) => path === place.to || path.startsWith(`${place.to}/`))
		.sort((a, b) => b.to.length - a.to.length)[0];
}
