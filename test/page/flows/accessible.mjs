// Every page, light and dark, wide and narrow, as axe-core judges it.
import { check } from "../stage.mjs";
import { operate, register, sendEmail, settled } from "../visitor.mjs";

// Of customers and operators; the operator's menu has both.
const pages = [
	"/dashboard",
	"/dashboard/email",
	"/dashboard/email/logs",
	"/dashboard/email/logs?status=failed",
	"/dashboard/email/api-keys",
	"/dashboard/email/addresses",
	"/dashboard/email/credits",
	"/dashboard/sms",
	"/dashboard/sms/messages",
	"/dashboard/sms/api-keys",
	"/dashboard/sms/shortcodes",
	"/dashboard/sms/credits",
	"/dashboard/account",
	"/dashboard/account/sessions",
	"/dashboard/account/prime",
	"/dashboard/nothing-here",
	"/docs",
];
const operatorPages = [
	"/dashboard/operator",
	"/dashboard/operator/accounts",
	"/dashboard/operator/accounts/invites",
	"/dashboard/operator/applications",
	"/dashboard/operator/senders",
	"/dashboard/operator/relays",
	"/dashboard/operator/relays/relay/sandbox",
	"/dashboard/operator/relays/gateway/sandbox",
	"/dashboard/operator/queue",
	"/dashboard/operator/texts",
	"/dashboard/operator/texts/unrouted",
	"/dashboard/operator/texts/opt-outs",
	"/dashboard/operator/sandbox",
	"/dashboard/operator/sandbox/texts",
	"/dashboard/operator/audit",
];
const openPages = ["/sign-in", "/register", "/reset"];

export async function play(stage) {
	const found = [];
	stage.step("who has not signed in");
	const stranger = await stage.person();
	for (const path of openPages) {
		await judge(stage, stranger.page, path, found);
	}
	await control(stage, stranger.page);
	stage.step("a customer, with a message");
	const customer = await register(stage, "fay");
	const message = await sendOne(stage, customer);
	for (const path of [...pages, `/dashboard/email/logs/${message}`]) {
		await judge(stage, customer.page, path, found);
	}
	stage.step("the dialogs of a key");
	await visit(customer.page, "/dashboard/email/api-keys");
	await customer.page.getByRole("button", { name: "Actions for axe" }).click();
	await customer.page.getByRole("button", { name: "Delete" }).click();
	await weigh(stage, customer.page, "the dialog that deletes a key", found);
	stage.step("the operator");
	const operator = await operate(stage);
	for (const path of [...operatorPages, `/dashboard/operator/sandbox/mail/${message}`]) {
		await judge(stage, operator.page, path, found);
	}
	await operator.page.goto("/dashboard/operator/accounts");
	await operator.page.getByRole("link", { name: customer.email }).click();
	await operator.page.getByRole("button", { name: "Give credits" }).waitFor();
	await weigh(stage, operator.page, "the panel of an account", found);
	stage.step("on a telephone");
	await customer.page.setViewportSize({ width: 390, height: 844 });
	for (const path of ["/dashboard", "/dashboard/email/logs", "/dashboard/sms"]) {
		await judge(stage, customer.page, path, found);
		const wider = await customer.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		check(wider <= 0, `${path} is ${wider} px wider than a telephone`);
	}
	check(found.length === 0, `axe-core found:\n${found.join("\n")}`);
}

// What is wrong is found, in both themes.
async function control(stage, page) {
	const found = [];
	await page.evaluate(() => {
		const wrong = document.createElement("button");
		const pale = document.createElement("p");
		pale.textContent = "pale";
		pale.style.color = "color-mix(in srgb, currentColor 10%, transparent)";
		document.querySelector("main").append(wrong, pale);
	});
	await weigh(stage, page, "the control", found);
	for (const fault of ["light: button-name", "light: color-contrast", "dark: color-contrast"]) {
		check(found.some((text) => text.startsWith(`the control, ${fault}`)), `axe-core does not find ${fault}, but:\n${found.join("\n")}`);
	}
}

// Makes a key without the page, which is looked at elsewhere, and sends with it.
async function sendOne(stage, { context }) {
	const made = await context.request.post("/api/v1/email/keys", { headers: { Origin: stage.settings.url }, data: { name: "axe" } });
	check(made.ok(), `making a key is answered ${made.status()}`);
	const { token } = (await made.json()).data;
	const sent = await sendEmail(stage, token, { to: "grace@example.com", subject: "Looked at", html: "<p>Hello</p>" });
	check(sent.status === 200, `the message is answered ${sent.status} ${sent.error}`);
	return sent.data.messageId;
}

async function visit(page, path) {
	await page.goto(path);
	await settled(page);
}

async function judge(stage, page, path, found) {
	await weigh(stage, page, path, found, () => visit(page, path));
}

// The rules look at the page once; those about colour at both themes. A page is
// come to anew in each: Chromium may leave a link in the ink of the theme before.
async function weigh(stage, page, what, found, come = () => {}) {
	for (const [colorScheme, options] of [
		["light", { resultTypes: ["violations"] }],
		["dark", { resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"] }],
	]) {
		await page.emulateMedia({ colorScheme });
		await come();
		await page.evaluate(stage.settings.axe);
		await page.evaluate(drawn);
		const violations = await page.evaluate((o) => axe.run(document, o).then((r) => r.violations), options);
		for (const { id, help, nodes } of violations) {
			found.push(`${what}, ${colorScheme}: ${id}, ${help}\n    ${nodes.map((node) => `${node.html}\n      ${node.failureSummary.replaceAll("\n", " ")}`).slice(0, 3).join("\n    ")}`);
		}
	}
}

// Returns once the page is drawn in its new colours, without one on its way.
async function drawn() {
	const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
	await frame();
	await frame();
	await Promise.allSettled(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished));
	await frame();
}
