import type { Answer, Api, Example, Field, Operation, Reference } from "../src/reference/model.ts";
import { type Schema, Schemas, type Tree } from "./schemas.ts";

// Which tags make which page. A tag of tomorrow goes with the dashboard's.
const pages: readonly { id: string; title: string; tags: readonly string[] }[] = [
	{ id: "email", title: "Email API", tags: ["email"] },
	{ id: "sms", title: "SMS API", tags: ["sms"] },
	{ id: "dashboard", title: "Dashboard API", tags: [] },
];

const methods = ["get", "post", "put", "patch", "delete"];

/** Reads an OpenAPI document. It is ours, and held against the server by tests. */
export function readReference(document: Tree): Reference {
	const reader = new Reader(document);
	const operations = reader.operations();
	const known = pages.flatMap((page) => page.tags);
	const apis = pages.map((page): Api => {
		const mine = operations.filter(({ tag }) =>
			page.tags.length ? page.tags.includes(tag) : !known.includes(tag),
		);
		return {
			id: page.id,
			title: page.title,
			intro: page.tags.map((tag) => reader.tagDescription(tag)).join("\n\n"),
			operations: mine.map(({ operation }) => operation),
		};
	});
	return { title: document.info.title, intro: document.info.description, apis };
}

class Reader {
	private readonly schemas: Schemas;

	constructor(private readonly document: Tree) {
		this.schemas = new Schemas(document);
	}

	tagDescription(name: string): string {
		const tag = this.document.tags.find((t: Tree) => t.name === name);
		return tag?.description ?? "";
	}

	operations(): { tag: string; operation: Operation }[] {
		const found: { tag: string; operation: Operation }[] = [];
		for (const [path, item] of Object.entries<Tree>(this.document.paths)) {
			for (const method of Object.keys(item).filter((key) => methods.includes(key))) {
				found.push({ tag: item[method].tags[0], operation: this.operation(method, path, item[method]) });
			}
		}
		return found;
	}

	private operation(method: string, path: string, o: Tree): Operation {
		const body = this.schemas.resolve(o.requestBody);
		const content = Object.entries<Tree>(body?.content ?? {});
		const schema = content[0]?.[1].schema as Schema | undefined;
		return {
			id: o.operationId,
			method: method.toUpperCase(),
			path,
			summary: o.summary,
			description: o.description ?? "",
			auth: this.auth(o.security ?? this.document.security ?? []),
			parameters: (o.parameters ?? []).map((p: Tree) => this.parameter(this.schemas.resolve(p))),
			contentTypes: content.map(([type]) => type),
			body: schema ? this.schemas.fields(schema) : [],
			examples: content.slice(0, 1).flatMap(([, media]) => this.examples(media)),
			answers: Object.entries<Tree>(o.responses).map(([status, r]) =>
				this.answer(status, this.schemas.resolve(r)),
			),
		};
	}

	private auth(security: Tree[]): string {
		const scheme = Object.keys(security[0] ?? {})[0];
		switch (scheme) {
			case "emailKey":
				return "Authorization: Bearer YOUR_API_KEY";
			case "smsToken":
				return "Authorization: YOUR_TOKEN";
			case "session":
				return "the session of the dashboard";
			default:
				return "";
		}
	}

	private parameter(p: Tree): Field {
		return {
			name: p.name,
			place: p.in,
			type: this.schemas.typeOf(p.schema),
			required: p.required === true,
			description: p.description ?? this.schemas.resolve(p.schema).description ?? "",
		};
	}

	private answer(status: string, r: Tree): Answer {
		const media = Object.values<Tree>(r.content ?? {})[0];
		// An error's shape is the same everywhere, and told once.
		const fields = media?.schema && status < "300" ? inside(this.schemas.fields(media.schema)) : [];
		return { status, description: r.description, fields, examples: media ? this.examples(media) : [] };
	}

	private examples(media: Tree): Example[] {
		if (media.examples) {
			return Object.entries<Tree>(media.examples).map(([name, example]) => ({
				title: example.summary ?? name,
				text: written(this.schemas.resolve(example).value),
			}));
		}
		const value = media.example ?? (media.schema ? this.schemas.sample(media.schema) : undefined);
		return value === undefined ? [] : [{ title: "", text: written(value) }];
	}
}

function written(value: unknown): string {
	return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

// Every answer has ok and data around it; what is inside is of interest.
function inside(fields: Field[]): Field[] {
	return fields.filter((field) => field.name !== "ok" && field.name !== "data");
}
