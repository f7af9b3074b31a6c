// Pictures of the chief pages, for who reads about them: wide, narrow, dark.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check } from "../stage.mjs";
import { open, operate, register, sendEmail, settled } from "../visitor.mjs";

const subjects = ["Your order has shipped", "Reset your password", "Invoice 2041", "Your table for Friday", "Welcome aboard"];

export async function play(stage) {
	mkdirSync(stage.settings.shots, { recursive: true });
	const { page, context } = await register(stage, "grace");
	stage.step("the message's story, wide");
	const message = await fill(stage, context);
	await open(page, `/dashboard/email/logs/${message}`, "Logs");
	await page.getByRole("heading", { name: "What happened" }).waitFor();
	await take(stage, page, "message");
	stage.step("the operator's overview, dark");
	const operator = await operate(stage, { colorScheme: "dark" });
	await open(operator.page, "/dashboard/operator", "Operator");
	await take(stage, operator.page, "operator-dark");
	stage.step("the first page, on a telephone");
	const phone = await stage.person({ viewport: { width: 390, height: 844 }, storageState: await context.storageState() });
	await open(phone.page, "/dashboard", "Start");
	await phone.page.getByText("Send the first email").waitFor();
	await take(stage, phone.page, "start-narrow");
}

async function fill(stage, context) {
	const made = await context.request.post("/api/v1/email/keys", { headers: { Origin: stage.settings.url }, data: { name: "shop" } });
	const { token } = (await made.json()).data;
	let last;
	for (const [i, subject] of subjects.entries()) {
		last = await sendEmail(stage, token, { to: `customer${i + 1}@example.com`, subject, text: "A letter." });
		check(last.status === 200, `a letter is answered ${last.status} ${last.error}`);
	}
	return last.data.messageId;
}

async function take(stage, page, name) {
	await settled(page);
	await page.evaluate(() => document.fonts.ready);
	await page.screenshot({ path: join(stage.settings.shots, `${name}.png`), caret: "hide", animations: "disabled" });
}
