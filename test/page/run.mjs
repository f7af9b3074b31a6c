// Plays one flow in a browser that runs already:
//
//     node run.mjs FOLDER FLOW <settings.json
//
// FOLDER is where the npm packages are installed, FLOW a file of flows. It
// prints a line for each step it begins, and ends with 1 and an account of the
// failure: the step, the page, the reason, a picture.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stage } from "./stage.mjs";

const [, , folder, name] = process.argv;
const require = createRequire(join(folder, "package.json"));
const settings = JSON.parse(readFileSync(0, "utf8"));
settings.axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const { play } = await import(`./flows/${name}.mjs`);
const browser = await require("playwright-core").chromium.connect(settings.browser);
const stage = new Stage(browser, settings);
try {
	await play(stage);
	stage.judge();
} catch (failure) {
	process.exitCode = 1;
	console.log(`FAILED at: ${stage.at}`);
	console.log(failure.stack ?? String(failure));
	for (const picture of await stage.pictures(join(tmpdir(), `aviso-page-${name}-${process.pid}`))) {
		console.log(picture);
	}
} finally {
	await stage.end();
	await browser.close();
}
