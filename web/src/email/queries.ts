import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { MessageStatus } from "../api/schema";
import type { Place } from "../ui/pager.ts";

export const limit = 50;

/** What a log is narrowed to; "" is not at all. */
export interface LogFilter {
	q: string;
	status: string;
	keyId: string;
	from: string;
	to: string;
}

export const account = queryOptions({
	queryKey: ["email", "account"],
	queryFn: () => take(api.GET("/api/v1/email/account")),
});

export const stats = queryOptions({
	queryKey: ["email", "stats"],
	queryFn: () => take(api.GET("/api/v1/email/stats", { params: { query: { days: 30 } } })),
});

export const keys = queryOptions({
	queryKey: ["email", "keys"],
	queryFn: () => take(api.GET("/api/v1/email/keys", { params: { query: { limit: 200 } } })),
});

export const addresses = queryOptions({
	queryKey: ["email", "addresses"],
	queryFn: () => take(api.GET("/api/v1/email/addresses", { params: { query: { limit: 200 } } })),
});

export const caps = queryOptions({
	queryKey: ["email", "caps"],
	queryFn: () => take(api.GET("/api/v1/email/cap-status")),
});

/** A page of the log. While the next one comes, the last one stays. */
export const log = (filter: LogFilter, place: Place) =>
	queryOptions({
		queryKey: ["email", "logs", filter, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/email/logs", {
					params: {
						query: {
							limit,
							...(place.before ? { before: place.before } : { offset: place.offset }),
							...given("q", filter.q),
							...(filter.status ? { status: filter.status as MessageStatus } : {}),
							...given("keyId", filter.keyId),
							...given("from", dayStart(filter.from, 0)),
							...given("to", dayStart(filter.to, 1)),
						},
					},
				}),
			),
		placeholderData: keepPreviousData,
	});

export const message = (messageId: string) =>
	queryOptions({
		queryKey: ["email", "logs", "message", messageId],
		queryFn: () => take(api.GET("/api/v1/email/logs/{messageId}", { params: { path: { messageId } } })),
	});

function given<Name extends string>(name: Name, value: string): Partial<Record<Name, string>> {
	return value ? ({ [name]: value } as Record<Name, string>) : {};
}

/** The beginning of a day of the reader's place, some days on. */
export function dayStart(day: string, plus: number): string {
	const at = new Date(`${day}T00:00:00`);
	if (day === "" || Number.isNaN(at.getTime())) {
		return "";
	}
	at.setDate(at.getDate() + plus);
	return at.toISOString();
}
