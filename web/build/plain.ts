import type { Api, Field, Operation, Reference } from "../src/reference/model.ts";

/** /llms.txt: what there is, and where the rest of it stands. */
export function indexText(reference: Reference): string {
	const list = reference.apis
		.map(
			(api) =>
				`- [${api.title}](/llms/${api.id}.txt): ${oneLine(api.intro) || "What the dashboard's own page is made from."}`,
		)
		.join("\n");
	return `# ${reference.title}

${reference.intro.trim()}

## The calls, as plain text

${list}
- [OpenAPI](/api/openapi.yaml): all of it, for programs
`;
}

/** Everything about one API, to be read from top to bottom. */
export function apiText(api: Api): string {
	return (
		[`# ${api.title}`, api.intro.trim(), ...api.operations.map(operationText)].filter(Boolean).join("\n\n") +
		"\n"
	);
}

function operationText(o: Operation): string {
	const parts = [`## ${o.method} ${o.path}`, `${o.summary}.`];
	if (o.auth) {
		parts.push(o.auth.startsWith("Authorization") ? `Header: \`${o.auth}\`` : `Needs ${o.auth}.`);
	}
	parts.push(o.description.trim(), ...fieldsText("Parameters", o.parameters));
	if (o.body.length) {
		parts.push(...fieldsText(`Body (${o.contentTypes.join(" or ")})`, o.body));
	}
	for (const example of o.examples) {
		parts.push(`Example${example.title ? `, ${lower(example.title)}` : ""}:`, indented(example.text));
	}
	parts.push("### Answers");
	for (const answer of o.answers) {
		const says = answer.description.trim();
		parts.push(
			`**${answer.status}**${says.startsWith("*") ? "\n\n" : " "}${says}`,
			...fieldsText("", answer.fields),
		);
		const example = answer.examples[0];
		if (example && answer.status < "300") {
			parts.push(indented(example.text));
		}
	}
	return parts.filter(Boolean).join("\n\n");
}

function fieldsText(title: string, fields: Field[]): string[] {
	if (fields.length === 0) {
		return [];
	}
	const lines = fields.map((field) => {
		const facts = [
			field.place && `in the ${field.place}`,
			field.type,
			field.required && !field.place ? "required" : "",
		];
		return `- \`${field.name}\` (${facts.filter(Boolean).join(", ")})${field.description ? `: ${oneLine(field.description)}` : ""}`;
	});
	return [...(title ? [`### ${title}`] : []), lines.join("\n")];
}

function oneLine(text: string): string {
	return text.trim().replaceAll(/\s+/g, " ");
}

function indented(text: string): string {
	return text.replaceAll(/^/gm, "    ");
}

function lower(text: string): string {
	return text.charAt(0).toLowerCase() + text.slice(1);
}
