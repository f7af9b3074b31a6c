import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { parse } from "yaml";
import type { Reference } from "../src/reference/model.ts";
import { readReference } from "./openapi.ts";
import { apiText, indexText } from "./plain.ts";

const source = fileURLToPath(new URL("../../api/openapi.yaml", import.meta.url));
const name = "virtual:reference";

/** The reference as openapi.yaml has it now. */
export function loadReference(): Reference {
	return readReference(parse(readFileSync(source, "utf8"), { merge: true }));
}

/**
 * reference makes of openapi.yaml what the page imports as virtual:reference,
 * and the plain texts: /llms.txt and one file for each API.
 */
export function reference(): Plugin {
	let loaded: Reference | undefined;
	const load = () => {
		loaded ??= loadReference();
		return loaded;
	};
	return {
		name: "reference",
		buildStart() {
			loaded = undefined;
		},
		resolveId: (id) => (id === name ? `\0${name}` : null),
		load(id) {
			if (id !== `\0${name}`) {
				return null;
			}
			this.addWatchFile(source);
			return `export default ${JSON.stringify(load())}`;
		},
		generateBundle() {
			this.emitFile({ type: "asset", fileName: "llms.txt", source: indexText(load()) });
			for (const api of load().apis) {
				this.emitFile({ type: "asset", fileName: `llms/${api.id}.txt`, source: apiText(api) });
			}
		},
	};
}
