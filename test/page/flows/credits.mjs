// Credits bought in the sandbox, and not bought.
import { check } from "../stage.mjs";
import { heading, open, register } from "../visitor.mjs";

export async function play(stage) {
	stage.step("makes an account");
	const { page } = await register(stage, "dora");

	stage.step("buys credits in the sandbox");
	await open(page, "/dashboard/email/credits", "Email credits");
	const before = await balance(page);
	await page.getByRole("button", { name: "Buy 10,000 credits" }).click();
	await heading(page, "Checkout");
	await page.getByRole("button", { name: "Pay with nothing" }).click();
	await page.getByText("What you bought has arrived.").waitFor();
	await page.getByRole("link", { name: "Go back" }).click();
	await heading(page, "Email credits");
	await page.locator("td", { hasText: "purchase" }).first().waitFor();
	const after = await balance(page);
	check(after === before + 10_000, `there were ${before} credits and there are ${after}`);

	stage.step("cancels another purchase, which changes nothing");
	await page.getByRole("button", { name: "Buy 10,000 credits" }).click();
	await heading(page, "Checkout");
	await page.getByRole("button", { name: "Cancel" }).click();
	await page.getByText("Nothing was bought, nothing was charged.").waitFor();
	await page.getByRole("link", { name: "Go back" }).click();
	await heading(page, "Email credits");
	check((await balance(page)) === after, "the cancelled purchase changed the balance");
}

// The balance is what the header says.
async function balance(page) {
	const figure = page.getByTitle("Email credits");
	await page.waitForFunction(() => /\d/.test(document.querySelector("[title='Email credits']")?.textContent ?? ""));
	return Number((await figure.textContent()).replaceAll(/\D/g, ""));
}
