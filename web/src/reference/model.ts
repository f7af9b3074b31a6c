/** The API as the page and the plain texts show it. Descriptions are Markdown. */
export interface Reference {
	title: string;
	intro: string;
	apis: Api[];
}

/** One part of the API, with a page of its own. */
export interface Api {
	/** In addresses: /docs/email, /llms/email.txt. */
	id: string;
	title: string;
	intro: string;
	operations: Operation[];
}

/** One call. */
export interface Operation {
	id: string;
	method: string;
	path: string;
	summary: string;
	description: string;
	/** How the caller proves who it is; "" if nobody asks. */
	auth: string;
	parameters: Field[];
	/** The kinds of body it takes; none for a call without one. */
	contentTypes: string[];
	body: Field[];
	examples: Example[];
	answers: Answer[];
}

/** A field of a body or an answer, or a parameter. */
export interface Field {
	/** With dots for what is inside, and [] for each of a list. */
	name: string;
	/** Where a parameter stands: path, query or header. "" for other fields. */
	place: string;
	type: string;
	required: boolean;
	description: string;
}

/** A whole body. */
export interface Example {
	title: string;
	text: string;
}

/** One of the answers to a call. */
export interface Answer {
	status: string;
	description: string;
	fields: Field[];
	examples: Example[];
}
