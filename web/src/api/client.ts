import createClient from "openapi-fetch";
import { asFailure, failureOf } from "./failure.ts";
import type { paths } from "./schema";

const patience = 30_000;

/** Calls of this server, typed by openapi.yaml. The session is a cookie. */
export const api = createClient<paths>({
	baseUrl: location.origin,
	fetch: (request) =>
		fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patience)]) }),
});

interface Answer<T> {
	data?: { data: T } | undefined;
	error?: unknown;
	response: Response;
}

/** The data of an answer; anything else is thrown as a Failure. */
export async function take<T>(call: Promise<Answer<T>>): Promise<T> {
	const answer = await outcome(call);
	if (answer.data === undefined) {
		throw failureOf(undefined, answer.response);
	}
	return answer.data.data;
}

/** Waits for a call that answers with nothing, or with nothing of interest. */
export async function done(call: Promise<{ error?: unknown; response: Response }>): Promise<void> {
	await outcome(call);
}

async function outcome<A extends { error?: unknown; response: Response }>(call: Promise<A>): Promise<A> {
	const answer = await call.catch((thrown: unknown) => {
		throw asFailure(thrown);
	});
	if (!answer.response.ok) {
		throw failureOf(answer.error, answer.response);
	}
	return answer;
}
