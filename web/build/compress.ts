import { promises as fs } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const worthIt = /\.(html|js|css|svg|txt|json)$/;
const smallest = 1024;

/**
 * compress lays a .br and a .gz beside every text file that was built, so that
 * the server compresses nothing while it serves.
 */
export function compress(): Plugin {
	let folder = "";
	return {
		name: "compress",
		apply: "build",
		configResolved(config) {
			folder = path.resolve(config.root, config.build.outDir);
		},
		// Of a build that has failed nothing was written.
		async writeBundle() {
			const names = await fs.readdir(folder, { recursive: true });
			await Promise.all(
				names.filter((name) => worthIt.test(name)).map((name) => pack(path.join(folder, name))),
			);
		},
	};
}

async function pack(file: string): Promise<void> {
	const content = await fs.readFile(file);
	if (content.length < smallest) {
		return;
	}
	const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
	await fs.writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }));
	await fs.writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
}
