// What every flow has: people with a browser window each, steps with a name,
// and an eye on what no page may do.

const patience = 30_000;

/** The world of one flow. */
export class Stage {
	at = "the beginning";
	#faults = [];
	#people = [];
	#closing = [];
	#began = Date.now();

	constructor(browser, settings) {
		this.browser = browser;
		this.settings = settings;
	}

	/** Names what comes now, for who reads the failure. */
	step(name) {
		this.at = name;
		console.log(`${((Date.now() - this.#began) / 1000).toFixed(1).padStart(5)} s  ${name}`);
	}

	/** Has close called at the end, in whatever way that comes. */
	closing(close) {
		this.#closing.push(close);
	}

	/** A window of somebody's own: with its own cookies, and watched. */
	async person(options = {}) {
		const context = await this.browser.newContext({
			baseURL: this.settings.url,
			viewport: { width: 1440, height: 900 },
			reducedMotion: "reduce",
			locale: "en-GB",
			timezoneId: "UTC",
			...options,
		});
		context.setDefaultTimeout(patience);
		context.setDefaultNavigationTimeout(patience);
		const page = await context.newPage();
		if (!options.unwatched) {
			this.#watch(context, page);
		}
		const person = { context, page };
		this.#people.push(person);
		return person;
	}

	// No page throws, breaks its own policy, is answered with a 500, or asks
	// anybody but Aviso for anything.
	#watch(context, page) {
		const origin = new URL(this.settings.url).origin;
		const fault = (text) => this.#faults.push(`${text}\n    on ${page.url()}, at: ${this.at}`);
		page.on("pageerror", (error) => fault(`the page threw ${error.stack ?? error}`));
		page.on("console", (message) => {
			if (/Content Security Policy|Trusted ?Type/i.test(message.text())) {
				fault(`the page broke its policy: ${message.text()}`);
			}
		});
		context.on("response", (answer) => {
			if (answer.status() >= 500) {
				fault(`${answer.request().method()} ${answer.url()} answered ${answer.status()}`);
			}
		});
		context.on("request", (request) => {
			const url = new URL(request.url());
			if (url.protocol.startsWith("http") && url.origin !== origin) {
				fault(`the page asked ${url.origin}`);
			}
		});
	}

	/** Throws when something happened that must not, in whatever flow. */
	judge() {
		if (this.#faults.length > 0) {
			throw new Error(this.#faults.join("\n"));
		}
	}

	/** Takes a picture of every window, and tells where they are and what they show. */
	async pictures(name) {
		const lines = this.#faults.map((fault) => `besides, ${fault}`);
		for (const [i, { page }] of this.#people.entries()) {
			const path = `${name}-${i}.png`;
			const shown = await page
				.screenshot({ path })
				.then(() => `${page.url()}: ${path}`)
				.catch((error) => `${page.url()}: no picture, ${error.message}`);
			lines.push(shown);
		}
		return lines;
	}

	/** Closes every window, and what else was opened. */
	async end() {
		for (const { context } of this.#people) {
			await context.close();
		}
		for (const close of this.#closing) {
			await close();
		}
	}
}

/** Throws unless what is claimed is so. */
export function check(so, claim) {
	if (!so) {
		throw new Error(claim);
	}
}
