import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Failure } from "./failure.ts";

declare module "@tanstack/react-query" {
	interface Register {
		defaultError: Failure;
	}
}

/** Set to true once a call was answered that nobody is signed in any more. */
export const sessionEnded = ["session", "ended"] as const;

// How often what is shown is read again, with hints from the server and without.
// Hints are of one node only, and may be lost: they are a help, not the truth.
const hinted = 20_000;
const unhinted = 5_000;

/** A client whose queries stay current: connected tells whether hints arrive. */
export function newQueryClient(connected: () => boolean): QueryClient {
	const noticed = (failure: Error) => {
		if (failure instanceof Failure && failure.code === "UNAUTHENTICATED") {
			client.setQueryData(sessionEnded, true);
		}
	};
	const client: QueryClient = new QueryClient({
		queryCache: new QueryCache({ onError: noticed }),
		mutationCache: new MutationCache({ onError: noticed }),
		defaultOptions: {
			queries: {
				staleTime: 5_000,
				retry: (times, failure) => times < 2 && failure instanceof Failure && failure.passing,
				retryDelay: (times) => 500 * 2 ** times,
				refetchInterval: (query) =>
					query.state.status === "error" ? false : connected() ? hinted : unhinted,
			},
			// Sending something twice is for the reader to decide.
			mutations: { retry: false },
		},
	});
	return client;
}
