import { promises as fs } from "node:fs";
import path from "node:path";
import type { Plugin } from "vite";

/**
 * tidy removes what an earlier build has left, after this one has written.
 * Vite would empty the folder first: a program compiled at that moment would
 * find nothing to embed, and not compile.
 */
export function tidy(): Plugin {
	return {
		name: "tidy",
		apply: "build",
		async writeBundle(options, bundle) {
			const folder = options.dir ?? "dist";
			const files = (await fs.readdir(folder, { recursive: true, withFileTypes: true })).filter((f) =>
				f.isFile(),
			);
			const names = files.map((f) => path.relative(folder, path.join(f.parentPath, f.name)));
			const stale = names.filter((name) => !(name in bundle));
			await Promise.all(stale.map((name) => fs.rm(path.join(folder, name))));
		},
	};
}
