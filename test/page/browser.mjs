// Starts one Chromium for all flows and says where it can be driven:
//
//     node browser.mjs FOLDER CHROMIUM
//
// FOLDER is where playwright-core is installed. SIGTERM ends both.
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , folder, chromium] = process.argv;
const playwright = createRequire(join(folder, "package.json"))("playwright-core");

const server = await playwright.chromium.launchServer({
	executablePath: chromium,
	args: [
		"--no-sandbox", // the tests may run as root, which Chromium's own sandbox refuses
		// No name leads anywhere but here: what a page should not ask for, it asks of us.
		"--host-resolver-rules=MAP *.outside.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
	],
});
console.log(`driven at ${server.wsEndpoint()}`);
