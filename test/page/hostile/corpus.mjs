// The messages of strangers, and a host of theirs that hears what they reach.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/** What a script of the corpus writes to the console, with its number behind it. */
export const mark = 7355608;

/** All messages of the corpus, told whom to call. The first has the number 1. */
export function corpus(port, own) {
	const lines = readFileSync(new URL("corpus.txt", import.meta.url), "utf8").split("\n");
	return lines.filter((line) => line !== "" && !/^# /.test(line)).map((line, i) => fill(line, i + 1, port, own));
}

function fill(line, n, port, own) {
	const host = `n${n}.outside.test:${port}`;
	const js = `console.log(${mark},${n}),alert(${n})`;
	const values = { js, js64: Buffer.from(js).toString("base64"), out: `http://${host}/${n}`, host, own, n };
	return line.replaceAll(/\{(js64|js|out|host|own|n)\}/g, (_, name) => values[name]);
}

/**
 * A host outside: it tells hear of every call with its path. A browser may open a
 * connection to where a frame or a pressed link would lead, before the policy
 * stops it; nothing goes over that, and it is not told.
 */
export async function outside(hear) {
	const pages = new Map();
	const server = createServer((request, answer) => {
		const page = pages.get(request.url);
		if (page !== undefined) {
			answer.setHeader("Content-Type", "text/html; charset=utf-8");
			answer.end(page);
			return;
		}
		hear(`asked the host outside for ${request.url}`, Number(/\d+/.exec(request.headers.host)?.[0]));
		answer.setHeader("Access-Control-Allow-Origin", "*");
		answer.end();
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: server.address().port,
		serve: (path, page) => pages.set(path, page),
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
