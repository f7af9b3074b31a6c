// A session that ends in the middle of work.
import { check } from "../stage.mjs";
import { answer, dialog, open, password, register } from "../visitor.mjs";

export async function play(stage) {
	stage.step("somebody is about to make a key");
	const { page, context, email } = await register(stage, "bea");
	await open(page, "/dashboard/email/api-keys", "API keys");
	await page.getByRole("button", { name: "New key" }).first().click();
	await dialog(page).getByLabel("Name").fill("typed before the session ended");

	stage.step("the session is ended from elsewhere");
	await endElsewhere(stage, context, email);

	stage.step("going on asks for the password, on the same page");
	await answer(page, "Make the key");
	await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
	await page.keyboard.press("Escape");
	await page.keyboard.press("Escape");
	stage.step("a wrong password is told so");
	await dialog(page).getByLabel(`Password of ${email}`).fill("not the password");
	await answer(page, "Sign in");
	await dialog(page).getByRole("alert").waitFor();
	stage.step("the right one closes the question, and nothing typed is lost");
	await dialog(page).getByLabel(`Password of ${email}`).fill(password);
	await answer(page, "Sign in");
	await page.getByRole("heading", { name: "Your session has ended" }).waitFor({ state: "detached" });
	const typed = await dialog(page).getByLabel("Name").inputValue();
	check(typed === "typed before the session ended", `what was typed is now ${JSON.stringify(typed)}`);
	await answer(page, "Make the key");
	await page.getByRole("heading", { name: "The key typed before the session ended is made" }).waitFor();
	await answer(page, "I have stored it");

	stage.step("without the server the page says so, and reads again by itself");
	await context.route("**/api/v1/**", (route) => route.abort());
	await page.getByText("Not connected since").waitFor();
	await context.unroute("**/api/v1/**");
	await page.getByText("Not connected since").waitFor({ state: "detached" });

	stage.step("signs out, and the way back is closed");
	await page.getByRole("button", { name: `Account of ${email}` }).click();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.waitForURL("**/sign-in");
	await page.goto("/dashboard/email/api-keys");
	await page.waitForURL("**/sign-in?next=*");
}

// Ends the window's session as its owner would on another machine.
async function endElsewhere(stage, context, email) {
	const { url } = stage.settings;
	const own = (await context.storageState()).cookies.map((c) => `${c.name}=${c.value}`).join("; ");
	const sessions = await (await fetch(`${url}/api/v1/auth/sessions`, { headers: { Cookie: own } })).json();
	const present = sessions.data.items.find((session) => session.current);
	const headers = { "Content-Type": "application/json", Origin: url };
	const login = await fetch(`${url}/api/v1/auth/login`, {
		method: "POST",
		headers,
		body: JSON.stringify({ email, password }),
	});
	check(login.ok, `signing in elsewhere is answered ${login.status}`);
	const other = login.headers.getSetCookie()[0].split(";")[0];
	const ended = await fetch(`${url}/api/v1/auth/sessions/${present.id}`, {
		method: "DELETE",
		headers: { ...headers, Cookie: other },
	});
	check(ended.ok, `ending the session is answered ${ended.status}`);
}
