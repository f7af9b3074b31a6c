import { expect, test } from "vitest";
import { browserOf } from "./browser.ts";

const mozilla = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
	["Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0", "Firefox 148 on Linux"],
	[`${mozilla} Chrome/156.0.0.0 Safari/537.36`, "Chrome 156 on Linux"],
	[`${mozilla} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`, "Edge 156 on Linux"],
	[
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
		"Safari 19 on iOS",
	],
	["curl/8.11.0", "curl 8"],
	["<b>new</b>", "<b>new</b>"],
	["", "unknown browser"],
])("%s", (userAgent, words) => {
	expect(browserOf(userAgent)).toBe(words);
});
