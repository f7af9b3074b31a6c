// From nothing to the first email, and a key that is replaced.
import { check } from "../stage.mjs";
import { answer, dialog, heading, open, register, runSnippet, secret, sendEmail } from "../visitor.mjs";

export async function play(stage) {
	stage.step("makes an account");
	const { page, email } = await register(stage, "ada");
	await page.getByText("SANDBOX", { exact: true }).first().waitFor();

	stage.step("makes a key where the start page says so");
	await page.getByRole("button", { name: "Make a key" }).click();
	await dialog(page).getByLabel("Name").fill("shop");
	await answer(page, "Make the key");
	await page.getByRole("heading", { name: "The key shop is made" }).waitFor();
	stage.step("a token does not go away by accident");
	await page.keyboard.press("Escape");
	await page.keyboard.press("Escape");
	const token = await secret(page);

	stage.step("runs the snippet, and the message turns up without a press");
	await page.getByText("Waiting for the first message.").waitFor();
	const snippet = page.locator("ol > li", { hasText: "Send the first email" }).locator(".card", { has: page.getByRole("group", { name: "Language" }) });
	const sent = await runSnippet(snippet);
	check(sent.ok === true, `the snippet of the start page is answered ${JSON.stringify(sent)}`);
	const arrival = page.getByRole("link", { name: `${email} Hello` });
	await arrival.waitFor();
	stage.step("opens the message");
	await arrival.click();
	const panel = page.getByRole("complementary", { name: "Details" });
	await panel.getByRole("heading", { name: "What happened" }).waitFor();
	await panel.getByText(sent.data.messageId).first().waitFor();
	await page.keyboard.press("Escape");
	await panel.waitFor({ state: "detached" });

	await replaceKey(stage, page, token);
}

async function replaceKey(stage, page, token) {
	await open(page, "/dashboard/email/api-keys", "API keys");
	await pressTwice(stage, page);
	await focusReturns(stage, page);
	stage.step("replaces the token of the key");
	await page.getByRole("button", { name: "Actions for shop" }).click();
	await page.getByRole("button", { name: "Replace the token" }).click();
	await answer(page, "Replace the token");
	await dialog(page).locator("output").waitFor();
	stage.step("the old token is refused at once, the new one is not");
	const message = { to: "grace@example.com", subject: "Rotated", text: "With the new token." };
	const old = await sendEmail(stage, token, message);
	check(old.status === 401, `the old token is answered ${old.status} ${old.code}`);
	const fresh = await secret(page);
	check(fresh !== token, "the new token is the old one");
	const now = await sendEmail(stage, fresh, message);
	check(now.status === 200, `the new token is answered ${now.status} ${now.code}`);
	stage.step("a token is not to be found on the page any more");
	await page.reload();
	await heading(page, "API keys");
	await page.getByRole("link", { name: "shop" }).waitFor();
	check(!(await page.content()).includes(fresh), "the token is still in the page");
}

async function pressTwice(stage, page) {
	stage.step("a double click makes one key");
	await page.getByRole("button", { name: "New key" }).click();
	await dialog(page).getByLabel("Name").fill("twice");
	await dialog(page).getByRole("button", { name: "Make the key" }).evaluate((button) => {
		button.click();
		button.click();
	});
	await secret(page);
	await page.reload();
	await page.getByRole("link", { name: "shop" }).waitFor();
	const made = await page.getByRole("link", { name: "twice" }).count();
	check(made === 1, `a double click made ${made} keys`);
}

async function focusReturns(stage, page) {
	stage.step("a question has the focus on its way out, and gives it back to the menu");
	await page.getByRole("button", { name: "Actions for shop" }).click();
	await page.getByRole("button", { name: "Disable" }).click();
	await dialog(page).waitFor();
	const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent);
	check((await focused()) === "Not now", `the question has the focus on ${await focused()}`);
	await page.keyboard.press("Escape");
	await dialog(page).waitFor({ state: "detached" });
	check((await focused()) === "Actions for shop", `the focus went to ${await focused()}`);
}
