import { expect, test } from "vitest";
import { readReference } from "./openapi.ts";
import { apiText, indexText } from "./plain.ts";
import { loadReference } from "./reference.ts";

const small = {
	info: { title: "Small", description: "What it is." },
	security: [{ emailKey: [] }],
	tags: [{ name: "email", description: "Sends." }],
	paths: {
		"/send": {
			post: {
				tags: ["email"],
				operationId: "send",
				summary: "Send it",
				parameters: [
					{ name: "Key", in: "header", required: true, schema: { type: "string" }, description: "Once." },
				],
				requestBody: {
					content: { "application/json": { schema: { $ref: "#/components/schemas/Request" } } },
				},
				responses: {
					200: { $ref: "#/components/responses/Sent" },
					400: {
						description: "Something is wrong.",
						content: { "application/json": { schema: { type: "object" } } },
					},
				},
			},
		},
		"/page": {
			get: {
				tags: ["pages"],
				operationId: "page",
				summary: "See it",
				security: [],
				responses: { 204: { description: "Done." } },
			},
		},
	},
	components: {
		schemas: {
			Request: {
				type: "object",
				required: ["to"],
				properties: {
					to: {
						oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
						example: "ada@example.com",
					},
					note: { type: "string", nullable: true },
				},
			},
			Item: {
				type: "object",
				properties: { at: { type: "string", format: "date-time", description: "When." } },
			},
		},
		responses: {
			Sent: {
				description: "It is sent.",
				content: {
					"application/json": {
						schema: {
							type: "object",
							properties: {
								ok: { type: "boolean", enum: [true] },
								data: {
									type: "object",
									properties: {
										items: { type: "array", items: { allOf: [{ $ref: "#/components/schemas/Item" }] } },
									},
								},
							},
						},
					},
				},
			},
		},
	},
};

test("references are followed, envelopes taken off, and inner fields have dotted names", () => {
	const [email, , dashboard] = readReference(small).apis;
	const send = email?.operations[0];
	expect(send?.auth).toBe("Authorization: Bearer YOUR_API_KEY");
	expect(send?.parameters).toEqual([
		{ name: "Key", place: "header", type: "string", required: true, description: "Once." },
	]);
	expect(send?.body.map((f) => [f.name, f.type, f.required])).toEqual([
		["to", "string | string[]", true],
		["note", "string or null", false],
	]);
	expect(send?.examples).toEqual([{ title: "", text: '{\n  "to": "ada@example.com",\n  "note": null\n}' }]);
	expect(send?.answers[0]?.fields.map((f) => [f.name, f.type, f.description])).toEqual([
		["items", "object[]", ""],
		["items[].at", "time", "When."],
	]);
	expect(send?.answers[1]?.fields).toEqual([]);
	expect(dashboard?.operations.map((o) => [o.id, o.auth])).toEqual([["page", ""]]);
});

test("every call of the API is in exactly one text, and every text in the index", () => {
	const reference = loadReference();
	const operations = reference.apis.flatMap((api) => api.operations);
	expect(new Set(operations.map((o) => o.id)).size).toBe(operations.length);
	expect(operations.length).toBeGreaterThan(90);
	const index = indexText(reference);
	for (const api of reference.apis) {
		expect(index).toContain(`/llms/${api.id}.txt`);
		const text = apiText(api);
		for (const operation of api.operations) {
			expect(text.split(`## ${operation.method} ${operation.path}\n`)).toHaveLength(2);
		}
		expect(text).not.toContain("undefined");
		expect(text).not.toContain("[object Object]");
	}
});
