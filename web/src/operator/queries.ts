import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { ApplicationStatus, QueuedMessage } from "../api/schema";
import type { Place } from "../ui/pager.ts";

const limit = 50;

/** Where the pages of the operator stand. */
export const root = "/dashboard/operator";

/** The part of a list that a page shows, as the API takes it. */
function part(place: Place): { limit: number; before?: string; offset?: number } {
	return place.before ? { limit, before: place.before } : { limit, offset: place.offset };
}

/** Lists that are read from the oldest on have no number to begin at, only an item. */
function onward(after: string): { limit: number; after?: string } {
	return after ? { limit, after } : { limit };
}

export const overview = queryOptions({
	queryKey: ["operator", "overview"],
	queryFn: () => take(api.GET("/api/v1/operator/overview")),
});

export const relays = queryOptions({
	queryKey: ["operator", "relays"],
	queryFn: () => take(api.GET("/api/v1/operator/relays", { params: { query: { limit: 200 } } })),
});

export const gateways = queryOptions({
	queryKey: ["operator", "gateways"],
	queryFn: () => take(api.GET("/api/v1/operator/gateways", { params: { query: { limit: 200 } } })),
});

export const accounts = (q: string, place: Place) =>
	queryOptions({
		queryKey: ["operator", "accounts", "list", q, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/operator/accounts", {
					params: { query: { ...part(place), ...(q ? { q } : {}) } },
				}),
			),
		placeholderData: keepPreviousData,
	});

export const account = (id: string) =>
	queryOptions({
		queryKey: ["operator", "accounts", "one", id],
		queryFn: () => take(api.GET("/api/v1/operator/accounts/{id}", { params: { path: { id } } })),
	});

export const invites = (place: Place) =>
	queryOptions({
		queryKey: ["operator", "invites", place],
		queryFn: () => take(api.GET("/api/v1/operator/invites", { params: { query: part(place) } })),
		placeholderData: keepPreviousData,
	});

export const applications = (status: string, place: Place) =>
	queryOptions({
		queryKey: ["operator", "applications", status, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/operator/sms/applications", {
					params: {
						query: { ...part(place), ...(status ? { status: status as ApplicationStatus } : {}) },
					},
				}),
			),
		placeholderData: keepPreviousData,
	});

export const senders = (place: Place) =>
	queryOptions({
		queryKey: ["operator", "senders", place],
		queryFn: () =>
			take(api.GET("/api/v1/operator/senders", { params: { query: { limit, offset: place.offset } } })),
		placeholderData: keepPreviousData,
	});

/** What the queue is narrowed to; "" is not at all. */
export interface QueueFilter {
	state: string;
	relay: string;
}

export const queue = (filter: QueueFilter, after: string) =>
	queryOptions({
		queryKey: ["operator", "queue", filter, after],
		queryFn: () =>
			take(
				api.GET("/api/v1/operator/queue", {
					params: {
						query: {
							...onward(after),
							...(filter.state ? { state: filter.state as QueuedMessage["status"] } : {}),
							...(filter.relay ? { relay: filter.relay } : {}),
						},
					},
				}),
			),
		placeholderData: keepPreviousData,
	});

export const unknownTexts = (after: string) =>
	queryOptions({
		queryKey: ["operator", "texts", "unknown", after],
		queryFn: () => take(api.GET("/api/v1/operator/sms/unknown", { params: { query: onward(after) } })),
		placeholderData: keepPreviousData,
	});

export const unrouted = (place: Place) =>
	queryOptions({
		queryKey: ["operator", "texts", "unrouted", place],
		queryFn: () => take(api.GET("/api/v1/operator/sms/unrouted", { params: { query: part(place) } })),
		placeholderData: keepPreviousData,
	});

export const optOuts = (q: string, place: Place) =>
	queryOptions({
		queryKey: ["operator", "texts", "optouts", q, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/operator/sms/optouts", {
					params: { query: { ...part(place), ...(q ? { q } : {}) } },
				}),
			),
		placeholderData: keepPreviousData,
	});

export const sandboxMail = (place: Place) =>
	queryOptions({
		queryKey: ["operator", "sandbox", "mail", place],
		queryFn: () => take(api.GET("/api/v1/operator/sandbox/mail", { params: { query: part(place) } })),
		placeholderData: keepPreviousData,
	});

export const sandboxTexts = (place: Place) =>
	queryOptions({
		queryKey: ["operator", "sandbox", "texts", place],
		queryFn: () => take(api.GET("/api/v1/operator/sandbox/texts", { params: { query: part(place) } })),
		placeholderData: keepPreviousData,
	});

export const audit = (q: string, place: Place) =>
	queryOptions({
		queryKey: ["operator", "audit", q, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/operator/audit", {
					params: { query: { ...part(place), ...(q ? { q } : {}) } },
				}),
			),
		placeholderData: keepPreviousData,
	});
