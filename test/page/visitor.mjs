// What people do on many pages.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { check } from "./stage.mjs";

/** Good enough for every account of a flow. */
export const password = "correct horse battery";

/** Makes an account, and ends on the start page. */
export async function register(stage, name, options) {
	const person = await stage.person(options);
	const email = `${name}-${Date.now()}@example.com`;
	const { page } = person;
	await page.goto("/register");
	await page.getByLabel("Your name").fill(name);
	await page.getByLabel("Email address").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Make the account" }).click();
	await heading(page, "Start");
	return { ...person, email };
}

/** Signs an operator in, and ends where that leads. */
export async function operate(stage, options) {
	const person = await stage.person(options);
	const { email, password } = stage.settings.operator;
	await signIn(person.page, email, password);
	await person.page.waitForURL("**/dashboard**");
	return { ...person, email };
}

/** Signs in on the sign-in page. */
export async function signIn(page, email, password) {
	await page.goto("/sign-in");
	await page.getByLabel("Email address").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
}

/** Waits until the page with that title is there. */
export async function heading(page, title) {
	await page.getByRole("heading", { name: title, level: 1, exact: true }).waitFor();
}

/** Goes to a page by the address and waits for its title. */
export async function open(page, path, title) {
	await page.goto(path);
	await heading(page, title);
}

/** Waits until nothing on the page is a place held for what is being read. */
export async function settled(page) {
	await page.waitForFunction(() => document.querySelector("h1") && !document.querySelector("[aria-busy=true], .skeleton"));
}

/** The dialog that is open. */
export const dialog = (page) => page.locator("dialog[open]").last();

/** Presses a button of the dialog that is open. */
export async function answer(page, button) {
	await dialog(page).getByRole("button", { name: button, exact: true }).click();
}

/** Reads a secret from the dialog that shows it, and puts that away. */
export async function secret(page) {
	const shown = dialog(page).locator("output").first();
	await shown.waitFor();
	const text = (await shown.textContent()).trim();
	check(text.length > 10, `the dialog shows ${JSON.stringify(text)} for a secret`);
	await answer(page, "I have stored it");
	await dialog(page).waitFor({ state: "detached" });
	return text;
}

/** Runs the curl that a page shows, as its reader would, and returns the answer. */
export async function runSnippet(snippet) {
	await snippet.getByRole("button", { name: "curl" }).click();
	const code = await snippet.locator("pre").textContent();
	const { stdout } = await promisify(execFile)("sh", ["-c", `${code} --silent --show-error --max-time 30`]);
	return JSON.parse(stdout);
}

/** Sends an email with a key. */
export async function sendEmail(stage, token, message) {
	const answer = await fetch(`${stage.settings.url}/api/v1/email/send`, {
		method: "POST",
		headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
		body: JSON.stringify(message),
	});
	return { status: answer.status, ...(await answer.json()) };
}
