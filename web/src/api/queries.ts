import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Failure } from "./failure.ts";

declare module "@tanstack/react-query" {
	interface Register {
		defaultError: Failure;
	}
}

/** Set to true once a call was answered that nobody is signed in any more. */
export const sessionEnded = ["session", "ended"] as const;

/** When the server last answered, while it cannot be reached; otherwise null. */
export const notConnectedSince = ["server", "since"] as const;

// How often what is shown is read again, with hints from the server and without.
// Hints are of one node only, and may be lost: they are a help, not the truth.
const hinted = 20_000;
const unhinted = 5_000;

/** A client whose queries stay current: connected tells whether hints arrive. */
export function newQueryClient(connected: () => boolean): QueryClient {
	let answered = Date.now();
	const reached = () => {
		answered = Date.now();
		client.setQueryData(notConnectedSince, null);
	};
	const noticed = (failure: Error) => {
		if (failure instanceof Failure && failure.code === "UNAUTHENTICATED") {
			client.setQueryData(sessionEnded, true);
		}
		if (failure instanceof Failure && failure.passing) {
			client.setQueryData(notConnectedSince, answered);
		}
	};
	const client: QueryClient = new QueryClient({
		queryCache: new QueryCache({ onError: noticed, onSuccess: reached }),
		mutationCache: new MutationCache({ onError: noticed }),
		defaultOptions: {
			queries: {
				staleTime: 5_000,
				retry: (times, failure) => times < 2 && failure instanceof Failure && failure.passing,
				retryDelay: (times) => 500 * 2 ** times,
				// The server may be near where the network is not: only a call can tell.
				networkMode: "always",
				refetchOnReconnect: true,
				refetchInterval: ({ state: { error } }) => {
					// Without a session, or the thing itself, asking again is of no use.
					if (error?.status === 401 || error?.status === 404) {
						return false;
					}
					return error || connected() ? hinted : unhinted;
				},
			},
			// Sending something twice is for the reader to decide.
			mutations: { retry: false, networkMode: "always" },
		},
	});
	return client;
}
