import { lazy } from "react";

// Each area is one chunk, loaded when it is first needed. The page fetches the
// others when it has nothing to do, so that moving about waits for data only.
const load = {
	auth: () => import("../auth/area.tsx"),
	start: () => import("../start/area.tsx"),
	email: () => import("../email/area.tsx"),
	sms: () => import("../sms/area.tsx"),
	account: () => import("../account/area.tsx"),
	operator: () => import("../operator/area.tsx"),
	reference: () => import("../reference/area.tsx"),
	checkout: () => import("../credit/area.tsx"),
};

export const Auth = lazy(load.auth);
export const Start = lazy(load.start);
export const Email = lazy(load.email);
export const SMS = lazy(load.sms);
export const Account = lazy(load.account);
export const Operator = lazy(load.operator);
export const Reference = lazy(load.reference);
export const Checkout = lazy(load.checkout);

/** Fetches what the reader may go to next. */
export function prefetchAreas(isOperator: boolean): void {
	const areas = [load.start, load.email, load.sms, load.account, ...(isOperator ? [load.operator] : [])];
	for (const area of areas) {
		// If it fails now, it is tried again when it is needed.
		area().catch(() => undefined);
	}
}
