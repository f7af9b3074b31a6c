import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { Direction } from "../api/schema";
import type { Place } from "../ui/pager.ts";

const limit = 50;

export const account = queryOptions({
	queryKey: ["sms", "account"],
	queryFn: () => take(api.GET("/api/v1/sms/account")),
});

export const stats = queryOptions({
	queryKey: ["sms", "stats"],
	queryFn: () => take(api.GET("/api/v1/sms/stats", { params: { query: { days: 30 } } })),
});

export const shortcodes = queryOptions({
	queryKey: ["sms", "shortcodes"],
	queryFn: () => take(api.GET("/api/v1/sms/shortcodes", { params: { query: { limit: 200 } } })),
});

const soon = 1500;

/** The latest calls of a shortcode's webhook; looked at often while one runs. */
export const pushes = (id: string) =>
	queryOptions({
		queryKey: ["sms", "pushes", id],
		queryFn: () =>
			take(api.GET("/api/v1/sms/shortcodes/{id}/pushes", { params: { path: { id }, query: { limit: 20 } } })),
		refetchInterval: (query) => (query.state.data?.items.some((push) => !push.done) ? soon : 20_000),
	});

/** The numbers texts were exchanged with, a page of them. */
export const conversations = (place: Place) =>
	queryOptions({
		queryKey: ["sms", "conversations", place],
		queryFn: () =>
			take(api.GET("/api/v1/sms/conversations", { params: { query: { limit, offset: place.offset } } })),
		placeholderData: keepPreviousData,
	});

/** The texts with one number, newest first, page after page into the past. */
export const conversation = (peer: string) =>
	infiniteQueryOptions({
		queryKey: ["sms", "messages", "with", peer],
		queryFn: ({ pageParam }) =>
			take(
				api.GET("/api/v1/sms/messages", {
					params: { query: { limit, peer, ...(pageParam ? { before: pageParam } : {}) } },
				}),
			),
		initialPageParam: "",
		getNextPageParam: (page) => (page.items.length === limit ? page.items.at(-1)?.id : undefined),
	});

/** What a search looks for; "" is anything. */
export interface TextFilter {
	q: string;
	direction: string;
}

/** The texts that a search finds, a page of them. */
export const found = (filter: TextFilter, place: Place) =>
	queryOptions({
		queryKey: ["sms", "messages", "found", filter, place],
		queryFn: () =>
			take(
				api.GET("/api/v1/sms/messages", {
					params: {
						query: {
							limit,
							...(place.before ? { before: place.before } : { offset: place.offset }),
							...(filter.q ? { q: filter.q } : {}),
							...(filter.direction ? { direction: filter.direction as Direction } : {}),
						},
					},
				}),
			),
		placeholderData: keepPreviousData,
	});

export const text = (id: string) =>
	queryOptions({
		queryKey: ["sms", "messages", "text", id],
		queryFn: () => take(api.GET("/api/v1/sms/messages/{id}", { params: { path: { id } } })),
	});
