// From an application to the first text, a shortcode with a webhook, and a text
// that comes in and is pushed there.
import { createServer } from "node:http";
import { check } from "../stage.mjs";
import { answer, dialog, heading, open, operate, register, runSnippet, secret } from "../visitor.mjs";

const phone = "+447700900123"; // one of those kept for fiction

export async function play(stage) {
	const { page, email } = await apply(stage);
	const operator = await operate(stage);
	await approve(stage, operator.page, email);

	stage.step("the approval turns up without a press, and a key can be made");
	await page.getByRole("link", { name: "Make a key first" }).click();
	await heading(page, "API key");
	await page.getByRole("button", { name: "Make the key" }).click();
	const token = await secret(page);
	check(!(await page.content()).includes(token) || (await page.locator("pre").textContent()).includes(token), "the key is still shown");

	stage.step("runs the snippet of the start page, and the text turns up");
	await page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Start" }).click();
	const step = page.locator("ol > li", { hasText: "Send the first text" });
	await step.getByRole("button", { name: "Send the first text" }).click();
	const sent = await runSnippet(step.locator(".card", { has: page.getByRole("group", { name: "Language" }) }));
	check(sent.status === "sent", `the snippet of the start page is answered ${JSON.stringify(sent)}`);
	await step.getByRole("link", { name: `${phone} It works.` }).waitFor();

	await receive(stage, page, operator.page);
}

async function apply(stage) {
	stage.step("applies for SMS");
	const { page, email } = await register(stage, "emil");
	await open(page, "/dashboard/sms", "SMS");
	await page.getByLabel("What you will send, and to whom").fill("Delivery notices to customers who gave their number.");
	await page.getByLabel("Texts a month").fill("a few");
	await page.getByRole("button", { name: "Send the application" }).click();
	await page.getByText("Write a number, such as 500.").waitFor();
	await page.getByLabel("Texts a month").fill("500");
	await page.getByRole("button", { name: "Send the application" }).click();
	await page.getByText("The operator looks at your application.", { exact: false }).waitFor();
	return { page, email };
}

async function approve(stage, page, email) {
	stage.step("the operator reads the application and approves it");
	await open(page, "/dashboard/operator/applications?status=pending", "SMS applications");
	await page.getByRole("link", { name: email }).click();
	const panel = page.getByRole("complementary", { name: "Details" });
	await panel.getByText("Delivery notices to customers").waitFor();
	await panel.getByRole("button", { name: "Approve" }).click();
	await page.getByText(`${email} may use SMS.`).waitFor();
}

async function receive(stage, page, operator) {
	stage.step("registers a shortcode with a webhook");
	const code = `w${Date.now().toString(36)}`;
	const webhook = await listen(stage);
	await open(page, "/dashboard/sms/shortcodes", "Shortcodes");
	await page.getByRole("button", { name: "New shortcode" }).first().click();
	await dialog(page).getByLabel("Shortcode").fill(code);
	await dialog(page).getByLabel("Webhook", { exact: true }).fill(webhook.url);
	await answer(page, "Register the shortcode");
	const auth = await secret(page);

	stage.step("the operator has a text come in");
	await open(operator, "/dashboard/operator/sandbox/texts", "Sandbox inbox");
	await operator.getByLabel("From").fill(phone);
	await operator.getByLabel("Text", { exact: true }).fill(`${code} two pizzas`);
	await operator.getByRole("button", { name: "Send it" }).click();
	stage.step("the webhook is called, with the secret and the words");
	const push = await webhook.called;
	const want = { sender: phone, auth, shortcode: code, messageContent: "two pizzas" };
	for (const [name, value] of Object.entries(want)) {
		check(push[name] === value, `the push says ${name}: ${JSON.stringify(push[name])}, not ${JSON.stringify(value)}`);
	}

	stage.step("the text and its push are there to see");
	await open(page, "/dashboard/sms/messages?direction=in", "Messages");
	await page.getByRole("row", { name: "two pizzas" }).getByRole("link").first().click();
	const panel = page.getByRole("complementary", { name: "Details" });
	await panel.getByText("answered 200", { exact: true }).waitFor();
	await panel.getByText("thank you").waitFor();
	await open(page, "/dashboard/sms/shortcodes", "Shortcodes");
	await page.getByRole("link", { name: code }).click();
	await panel.getByText("answered 200", { exact: true }).waitFor();

	stage.step("and both texts are in the conversation, and on the phone");
	await open(page, `/dashboard/sms/messages/${encodeURIComponent(phone)}`, "Messages");
	await panel.getByText("two pizzas").waitFor();
	await panel.getByText("It works.").waitFor();
	await operator.locator("li", { has: operator.getByRole("heading", { name: phone }) }).getByText("It works.").first().waitFor();
}

// A webhook that hands on the first call it gets.
async function listen(stage) {
	let take;
	const called = new Promise((resolve) => {
		take = resolve;
	});
	const server = createServer(async (request, answer) => {
		const body = await request.toArray();
		answer.end("thank you");
		take(JSON.parse(Buffer.concat(body).toString()));
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	stage.closing(() => server.close());
	return { called, url: `http://127.0.0.1:${server.address().port}/texts` };
}
