// The operator's day: a password of one's own, an account, a relay, the queue,
// and the log of all that.
import { check } from "../stage.mjs";
import { answer, dialog, heading, open, register, secret, sendEmail, signIn } from "../visitor.mjs";

export async function play(stage) {
	const page = await arrive(stage);
	stage.step("a customer with a key comes along");
	const customer = await register(stage, "carl");
	await customer.page.getByRole("button", { name: "Make a key" }).click();
	await dialog(customer.page).getByLabel("Name").fill("shop");
	await answer(customer.page, "Make the key");
	const token = await secret(customer.page);

	await suspend(stage, page, customer, token);
	await credit(stage, page, customer);
	await pause(stage, page, customer, token);
	await hold(stage, page, customer, token);
	await audit(stage, page, customer);
}

async function arrive(stage) {
	stage.step("signs in with what the demo printed, and has to choose a password");
	const { page } = await stage.person();
	await signIn(page, stage.settings.demo.email, stage.settings.demo.password);
	await heading(page, "Choose a password of your own");
	await page.getByLabel("Present password").fill(stage.settings.demo.password);
	await page.getByLabel("New password").fill("a password of my own");
	await page.getByRole("button", { name: "Change the password" }).click();
	await heading(page, "Start");
	stage.step("looks at the overview");
	await open(page, "/dashboard/operator", "Operator");
	for (const section of ["Relays", "Gateways", "To do"]) {
		await page.getByRole("heading", { name: section, level: 2 }).waitFor();
	}
	await page.getByRole("row", { name: "sandbox" }).first().waitFor();
	return page;
}

const panelOf = (page) => page.getByRole("complementary", { name: "Details" });

const note = (subject) => ({ to: "grace@example.com", subject, text: "From the operator's day." });

async function suspend(stage, page, customer, token) {
	stage.step("finds the account and suspends it");
	await open(page, "/dashboard/operator/accounts", "Accounts");
	await page.getByRole("searchbox").fill(customer.email);
	await page.getByRole("link", { name: customer.email }).click();
	const panel = panelOf(page);
	await panel.getByRole("button", { name: "Suspend" }).click();
	await dialog(page).getByLabel("Reason").fill("complaints");
	await answer(page, "Suspend the account");
	await panel.getByText("suspended").first().waitFor();
	const refused = await sendEmail(stage, token, note("Suspended"));
	check(refused.status === 403 && refused.code === "ACCOUNT_SUSPENDED", `a suspended account is answered ${refused.status} ${refused.code}`);

	stage.step("the suspended customer can look, and change nothing");
	await open(customer.page, "/dashboard/email/api-keys", "API keys");
	await customer.page.getByText("This account is suspended").waitFor();
	await customer.page.getByRole("button", { name: "New key" }).first().click();
	await dialog(customer.page).getByLabel("Name").fill("another");
	await answer(customer.page, "Make the key");
	await dialog(customer.page).getByRole("alert").waitFor();
	await answer(customer.page, "Cancel");

	stage.step("lets the account go on");
	await panel.getByRole("button", { name: "Let it go on" }).click();
	await answer(page, "Let it go on");
	await panel.getByRole("button", { name: "Suspend" }).waitFor();
	const sent = await sendEmail(stage, token, note("Unsuspended"));
	check(sent.status === 200, `after the suspension the account is answered ${sent.status} ${sent.code}`);
}

async function credit(stage, page, customer) {
	stage.step("gives credits, which the customer sees");
	await panelOf(page).getByRole("button", { name: "Give credits" }).click();
	await dialog(page).getByLabel("Amount").fill("1234");
	await dialog(page).getByLabel("Reason").fill("for the trouble");
	await answer(page, "Give the credits");
	await dialog(page).waitFor({ state: "detached" });
	await open(customer.page, "/dashboard/email/credits", "Email credits");
	await customer.page.getByRole("row", { name: "for the trouble" }).getByText("+1,234").waitFor();
}

async function pause(stage, page, customer, token) {
	stage.step("pauses the relay: mail waits");
	await open(page, "/dashboard/operator/relays/relay/sandbox", "Relays and gateways");
	const panel = panelOf(page);
	await panel.getByRole("button", { name: "Pause", exact: true }).click();
	await answer(page, "Pause sandbox");
	await panel.getByRole("button", { name: "Resume" }).waitFor();
	await queued(stage, page, token, "Paused");

	stage.step("resumes it: the mail goes out");
	await open(page, "/dashboard/operator/relays/relay/sandbox", "Relays and gateways");
	await panel.getByRole("button", { name: "Resume" }).click();
	await panel.getByRole("button", { name: "Pause", exact: true }).waitFor();
	await sent(customer.page, "Paused");
}

async function hold(stage, page, customer, token) {
	stage.step("holds all sending: mail waits");
	await open(page, "/dashboard/operator/queue", "Queue");
	await page.getByRole("button", { name: "Hold all sending" }).click();
	await dialog(page).getByLabel("Reason").fill("a look at the carrier");
	await answer(page, "Hold all sending");
	await page.getByText("All sending is on hold").first().waitFor();
	await queued(stage, page, token, "Held");

	stage.step("releases it: the mail goes out");
	await page.getByRole("button", { name: "Release" }).click();
	await answer(page, "Release");
	await page.getByRole("button", { name: "Hold all sending" }).waitFor();
	await sent(customer.page, "Held");
}

// Has an email accepted that cannot leave, and finds it in the queue.
async function queued(stage, page, token, subject) {
	const accepted = await sendEmail(stage, token, note(subject));
	check(accepted.status === 202, `mail that cannot leave is answered ${accepted.status} ${accepted.code ?? ""}`);
	await open(page, "/dashboard/operator/queue", "Queue");
	await page.getByRole("row", { name: subject }).waitFor();
}

// Waits until the customer's log says that it was sent.
async function sent(page, subject) {
	await open(page, "/dashboard/email/logs?status=sent", "Logs");
	await page.getByRole("row", { name: subject }).waitFor();
}

async function audit(stage, page, customer) {
	stage.step("finds each deed in the audit log");
	await open(page, "/dashboard/operator/audit", "Audit log");
	const deeds = ["account.suspend", "account.unsuspend", "credit.grant", "relay.pause", "relay.resume", "queue.hold", "queue.release"];
	for (const deed of deeds) {
		await page.getByRole("row", { name: deed }).first().waitFor();
	}
	await page.getByRole("row", { name: "account.suspend" }).first().getByText(`${customer.email} complaints`).waitFor();
}
