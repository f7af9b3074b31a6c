// Mail of strangers, looked at in the sandbox's inbox: nothing of it runs, leaves
// its frame or asks anybody for anything. The same mail in a bare page does all
// of that, which shows that it would be seen.
import { corpus, mark, outside } from "../hostile/corpus.mjs";
import { check } from "../stage.mjs";
import { open, operate, sendEmail } from "../visitor.mjs";

export async function play(stage) {
	const harms = new Map(); // what a message did, by its number
	const harm = (what, n = 0) => harms.set(n, [...(harms.get(n) ?? []), what]);
	const host = await outside(harm);
	stage.closing(() => host.close());

	stage.step("strangers send their mail");
	const messages = corpus(host.port, new URL(stage.settings.url).origin);
	check(messages.length >= 200, `the corpus has only ${messages.length} messages`);
	const ids = await sendAll(stage, messages);

	stage.step("the operator looks at each of them, and clicks");
	await Promise.all([0, 1].map((half) => look(stage, messages, ids, half, harm)));
	const bad = [...harms].map(([n, what]) => `${n}: ${messages[n - 1] ?? "no message of its own"}\n    ${what.join("\n    ")}`);
	check(bad.length === 0, `${bad.length} messages did harm:\n${bad.join("\n")}`);

	stage.step("without frame and policy such messages do harm");
	await control(stage, messages, ids, harm, host);
	const kinds = ["ran a script", "opened a dialog", "asked the host outside", "left the page"];
	for (const kind of kinds) {
		const n = [...harms.values()].filter((what) => what.some((w) => w.startsWith(kind))).length;
		check(n >= 3, `only ${n} messages of the control ${kind}`);
	}
	check(harms.size >= 60, `only ${harms.size} messages of the control did anything`);
}

// Each message goes out with itself as its subject and its sender's name, too.
async function sendAll(stage, messages) {
	const ids = new Array(messages.length);
	let next = 0;
	const sender = async () => {
		while (next < messages.length) {
			const i = next++;
			const html = messages[i];
			const sent = await sendEmail(stage, stage.settings.key, { to: "reader@example.com", subject: html.slice(0, 200), fromName: html.slice(0, 60), html });
			check(sent.status === 200, `message ${i + 1} is answered ${sent.status} ${sent.error}`);
			ids[i] = sent.data.messageId;
		}
	};
	await Promise.all(Array.from({ length: 4 }, sender));
	return ids;
}

const preview = "iframe[title='The message']";
// What waits for somebody to press it, or to come near.
const pressed = /inset:0|width=9\d\d|<area|<button/;

const list = "/dashboard/operator/sandbox";
const document = (id) => `/api/v1/operator/sandbox/mail/${id}/html`;

// Looks at every second message, beginning with the first or the second.
async function look(stage, messages, ids, half, harm) {
	const { page, context } = await operate(stage, { unwatched: true });
	await open(page, list, "Sandbox inbox");
	let n = 0; // the one that is looked at; 0 for none
	const guilty = (what) => harm(what, n);
	spy(page, context, guilty);
	page.on("framenavigated", (frame) => {
		const { protocol, pathname } = new URL(frame.url());
		// What the policy stops ends on a page of the browser's own.
		const stopped = frame !== page.mainFrame() && ["about:", "chrome-error:"].includes(protocol);
		const right = frame === page.mainFrame() ? pathname === `${list}/mail/${ids[n - 1]}` : ids.some((id) => pathname === document(id));
		if (!stopped && !right) {
			guilty(`left the page for ${frame.url()}`);
		}
	});
	context.on("requestfinished", (request) => {
		const fromFrame = request.frame() !== page.mainFrame();
		if (fromFrame ? !request.url().endsWith("/html") : request.isNavigationRequest()) {
			guilty(`asked for ${request.url()}`);
		}
	});
	for (n = 1 + half; n <= ids.length; n += 2) {
		await show(page, ids[n - 1]);
		if (pressed.test(messages[n - 1])) {
			const box = await page.locator(preview).boundingBox();
			await page.mouse.click(box.x + 40, box.y + 40);
		}
	}
	n -= 2;
	const after = await page.evaluate(() => [document.title, window.name, localStorage.touched ?? "", document.cookie].join("|"));
	check(after === "Sandbox inbox · Aviso|||", `the page around is now ${after}`);
	const cookies = (await context.cookies()).map((c) => c.name + c.value).join(" ");
	check(!/touched|stolen/.test(cookies), `there are new cookies: ${cookies}`);
	await page.getByRole("tab", { name: "Source" }).click();
	await page.locator("aside pre").waitFor();
	await page.getByRole("tab", { name: "Headers" }).click();
	await page.locator("aside dl dt", { hasText: "Subject" }).waitFor();
	await page.getByRole("row").nth(20).waitFor();
}

// Goes to a message as the list's link would, waits until its frame is drawn.
async function show(page, id) {
	const drawn = page.waitForEvent("framenavigated", (frame) => frame !== page.mainFrame() && frame.url().endsWith(document(id)));
	await page.evaluate((to) => history.pushState(null, "", to), `${list}/mail/${id}`);
	await (await drawn).waitForLoadState("load");
}

// Notes what any page of a window does that none of these messages may.
function spy(page, context, guilty) {
	const watch = (page) => {
		page.on("dialog", (dialog) => {
			guilty(`opened a dialog: ${dialog.type()}`);
			dialog.dismiss().catch(() => {});
		});
		page.on("download", () => guilty("began a download"));
		page.on("console", (message) => {
			if (message.text().startsWith(String(mark))) {
				guilty("ran a script");
			}
		});
	};
	watch(page);
	context.on("page", (other) => {
		guilty(`opened a window for ${other.url()}`);
		other.close().catch(() => {});
	});
}

// Shows what the frame shows of every third message, without the frame.
async function control(stage, messages, ids, harm, host) {
	const operator = await operate(stage, { unwatched: true });
	const { page, context } = await stage.person({ unwatched: true });
	let n = 0;
	spy(page, context, (what) => harm(what, n));
	page.on("framenavigated", (frame) => {
		if (frame === page.mainFrame() && frame.url() !== bare(n)) {
			harm(`left the page for ${frame.url()}`, n);
		}
	});
	const bare = (n) => `http://bare.outside.test:${host.port}/bare/${n}`;
	for (n = 1; n <= ids.length; n += 3) {
		const answer = await operator.context.request.get(document(ids[n - 1]));
		host.serve(`/bare/${n}`, await answer.text());
		// One that leads away at once does not get to its end.
		await page.goto(bare(n), { waitUntil: "domcontentloaded" }).catch(() => {});
		if (pressed.test(messages[n - 1])) {
			await page.mouse.click(40, 40).catch(() => {});
		}
	}
}
