import type { Checkout } from "../api/schema";

/** Leaves for the page where a checkout is paid; it leads back here. */
export function goAndPay(checkout: Checkout): void {
	const url = new URL(checkout.url, location.href);
	// Whatever answers, an address that runs as code is not followed.
	if (url.protocol === "https:" || url.protocol === "http:") {
		location.assign(url);
	}
}
