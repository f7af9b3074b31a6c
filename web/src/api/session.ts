import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, done, take } from "./client.ts";
import { Failure } from "./failure.ts";
import { notConnectedSince, sessionEnded } from "./queries.ts";
import type { Config, LoginRequest, Me } from "./schema";

const meKey = ["account", "me"] as const;

/**
 * Who is signed in: null for nobody, undefined while that is not known. When a
 * session ends at work it is still the one whose it was: the page stays as it is
 * and asks for the password (sessionEnded).
 */
export function useMe() {
	const client = useQueryClient();
	return useQuery({
		queryKey: meKey,
		queryFn: async (): Promise<Me | null> => {
			try {
				return await take(api.GET("/api/v1/auth/me"));
			} catch (failure) {
				if (!(failure instanceof Failure && failure.code === "UNAUTHENTICATED")) {
					throw failure;
				}
				const before = client.getQueryData<Me | null>(meKey) ?? null;
				if (before) {
					client.setQueryData(sessionEnded, true);
				}
				return before;
			}
		},
		staleTime: 60_000,
	});
}

/** Reads who is signed in once more, and waits for it. */
export function useReadMe(): () => Promise<void> {
	const client = useQueryClient();
	return () => client.refetchQueries({ queryKey: meKey });
}

/** What the server says of itself. It changes only with its configuration. */
export function useConfig() {
	return useQuery({
		queryKey: ["config"],
		queryFn: (): Promise<Config> => take(api.GET("/api/v1/config")),
		staleTime: 300_000,
	});
}

/** Signs in. What another account has read before is forgotten. */
export function useSignIn() {
	const arrive = useArrive();
	return useMutation({
		mutationFn: (body: LoginRequest) => take(api.POST("/api/v1/auth/login", { body })),
		onSuccess: arrive,
	});
}

/** Takes up a session that has just begun. */
export function useArrive(): (me: Me) => void {
	const client = useQueryClient();
	return (me) => {
		const before = client.getQueryData<Me | null>(meKey);
		client.setQueryData(sessionEnded, false);
		if (before && before.id !== me.id) {
			client.removeQueries({ predicate: (query) => query.queryKey[0] !== "config" });
		}
		client.setQueryData(meKey, me);
		void client.invalidateQueries();
	};
}

/**
 * Ends the session. The page is loaded anew: what it remembered in memory, a
 * fresh token among it, is not for who signs in next.
 */
export function useSignOut() {
	return useMutation({
		mutationFn: () => done(api.POST("/api/v1/auth/logout")),
		onSuccess: () => location.assign("/sign-in"),
	});
}

/** Whether the session has ended while somebody was at work. */
export function useSessionEnded(): boolean {
	return (
		useQuery({ queryKey: sessionEnded, queryFn: () => false, staleTime: Infinity, refetchInterval: false })
			.data === true
	);
}

/** When the server last answered, while it cannot be reached. */
export function useNotConnectedSince(): number | null {
	return useQuery<number | null>({ queryKey: notConnectedSince, queryFn: skipToken }).data ?? null;
}
