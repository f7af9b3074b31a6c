import type { Field } from "../src/reference/model.ts";

/** A part of a parsed document, of whatever shape. */
// biome-ignore lint/suspicious/noExplicitAny: It is a document; its shape is its own.
export type Tree = any;

/** A schema, or a reference to one. */
export type Schema = Tree;

const deepest = 5;

/** Reads the schemas of a document. */
export class Schemas {
	constructor(private readonly document: Tree) {}

	/** Follows a reference, if it is one, and merges allOf. */
	resolve(node: Tree): Tree {
		if (!node) {
			return node;
		}
		if (node.$ref) {
			const path = node.$ref.replace(/^#\//, "").split("/");
			const { $ref, ...beside } = node;
			return { ...this.resolve(path.reduce((at: Tree, key: string) => at[key], this.document)), ...beside };
		}
		if (node.allOf) {
			const { allOf, ...own } = node;
			const parts = allOf.map((part: Tree) => this.resolve(part));
			const merged = Object.assign({}, ...parts, own);
			merged.properties = Object.assign({}, ...parts.map((part: Tree) => part.properties), own.properties);
			if (Object.keys(merged.properties).length === 0) {
				delete merged.properties;
			}
			return merged;
		}
		return node;
	}

	/** The fields of an object, and of what is inside it. */
	fields(schema: Schema, prefix = "", depth = 0): Field[] {
		const resolved = this.resolve(schema);
		if (resolved.type === "array" && depth < deepest) {
			return this.fields(resolved.items, `${prefix}[]`, depth);
		}
		const required: string[] = resolved.required ?? [];
		return Object.entries<Schema>(resolved.properties ?? {}).flatMap(([key, value]) => {
			const name = short(prefix ? `${prefix}.${key}` : key);
			const own = this.resolve(value);
			const field = {
				name,
				place: "",
				type: this.typeOf(value),
				required: required.includes(key),
				description: own.description ?? "",
			};
			return depth < deepest ? [field, ...this.fields(value, name, depth + 1)] : [field];
		});
	}

	/** What a value is, in a word or two. */
	typeOf(schema: Schema): string {
		const s = this.resolve(schema);
		const nothing = s.nullable ? " or null" : "";
		if (s.enum) {
			return s.enum.map((value: unknown) => JSON.stringify(value)).join(" | ") + nothing;
		}
		if (s.oneOf) {
			return s.oneOf.map((one: Schema) => this.typeOf(one)).join(" | ") + nothing;
		}
		if (s.type === "array") {
			return `${this.typeOf(s.items)}[]${nothing}`;
		}
		return (s.format === "date-time" ? "time" : (s.type ?? "anything")) + nothing;
	}

	/** A value that a schema describes. */
	sample(schema: Schema, depth = 0): unknown {
		const s = this.resolve(schema);
		if (s.example !== undefined) {
			return s.example;
		}
		if (s.enum) {
			return s.enum[0];
		}
		if (s.oneOf) {
			return this.sample(s.oneOf[0], depth);
		}
		if (depth > deepest) {
			return null;
		}
		if (s.properties) {
			const entries = Object.entries<Schema>(s.properties).map(([key, value]) => [
				key,
				this.sample(value, depth + 1),
			]);
			return Object.fromEntries(entries);
		}
		return s.nullable ? null : (plain[s.type as keyof typeof plain]?.(s, this, depth) ?? null);
	}
}

const plain = {
	array: (s: Schema, all: Schemas, depth: number) => [all.sample(s.items, depth + 1)],
	string: () => "",
	integer: (s: Schema) => s.minimum ?? 0,
	number: (s: Schema) => s.minimum ?? 0,
	boolean: () => true,
	object: () => ({}),
};

// What is in data is what was asked for: its name adds nothing.
function short(name: string): string {
	return name.replace(/^data(\.|(?=\[))/, "");
}
