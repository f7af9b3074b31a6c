/** What the server refused, or that it could not be asked. */
export class Failure extends Error {
	/** The HTTP status; 0 when there was no answer. */
	readonly status: number;
	/** The contract's code, such as INVALID_REQUEST. */
	readonly code: string;
	/** The field of the request that is wrong, if one is. */
	readonly field: string | undefined;
	/** Under this id the operator finds the call in the log. */
	readonly requestId: string | undefined;

	constructor(message: string, code: string, status = 0, field?: string, requestId?: string) {
		super(message);
		this.name = "Failure";
		this.status = status;
		this.code = code;
		this.field = field;
		this.requestId = requestId;
	}

	/** Whether asking again, unchanged, may do. */
	get passing(): boolean {
		return this.status === 0 || this.status >= 502;
	}
}

/** Reads an answer that is none of the expected ones. */
export function failureOf(body: unknown, response: Response): Failure {
	const id = response.headers.get("X-Request-Id") ?? undefined;
	if (isEnvelope(body)) {
		return new Failure(body.error, body.code, response.status, body.field, id);
	}
	return new Failure(
		`The server answered ${response.status} and nothing that can be read.`,
		"UNREADABLE",
		response.status,
		undefined,
		id,
	);
}

/** Makes a failure of whatever was thrown on the way. */
export function asFailure(thrown: unknown): Failure {
	if (thrown instanceof Failure) {
		return thrown;
	}
	return new Failure("The server could not be reached. Check the connection and try again.", "UNREACHABLE");
}

interface Envelope {
	error: string;
	code: string;
	field?: string;
}

function isEnvelope(body: unknown): body is Envelope {
	return (
		typeof body === "object" &&
		body !== null &&
		"error" in body &&
		typeof body.error === "string" &&
		"code" in body &&
		typeof body.code === "string"
	);
}
