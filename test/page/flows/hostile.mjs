// Mail of strangers, looked at in the sandbox's inbox: nothing of it runs, leaves
// its frame or asks anybody for anything. The same mail in a bare page does all
// of that, which shows that it would have been seen.
import { corpus, mark, outside } from "../hostile/corpus.mjs";
import { check } from "../stage.mjs";
import { open, operate, sendEmail } from "../visitor.mjs";

export async function play(stage) {
	const harms = new Map(); // what a message did, by its number
	const harm = (what, n = 0) => harms.set(n, [...(harms.get(n) ?? []), what]);
	const host = await outside((what, n) => harm(what, n ?? stage.n));
	stage.closing(() => host.close());

	stage.step("strangers send their mail");
	const messages = corpus(host.port, new URL(stage.settings.url).origin);
	check(messages.length >= 200, `the corpus has only ${messages.length} messages`);
	const ids = await sendAll(stage, messages);

	stage.step("the operator looks at each of them, and clicks");
	await look(stage, ids, harm, host);
	const bad = [...harms].map(([n, what]) => `${n}: ${messages[n - 1] ?? "no message of its own"}\n    ${what.join("\n    ")}`);
	check(bad.length === 0, `${bad.length} messages did harm:\n${bad.join("\n")}`);

	stage.step("without frame and policy the same messages do harm");
	await control(stage, ids, harm, host);
	const kinds = ["ran a script", "opened a dialog", "asked the host outside", "left the page"];
	for (const kind of kinds) {
		const n = [...harms.values()].filter((what) => what.some((w) => w.startsWith(kind))).length;
		check(n >= 3, `only ${n} messages of the control ${kind}`);
	}
	check(harms.size >= 150, `only ${harms.size} messages of the control did anything`);
	console.log(`        ${harms.size} of ${messages.length} did harm there`);
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

const list = "/dashboard/operator/sandbox";
const document = (id) => `/api/v1/operator/sandbox/mail/${id}/html`;

async function look(stage, ids, harm, host) {
	const { page, context } = await operate(stage, { unwatched: true });
	await open(page, list, "Sandbox inbox");
	const before = host.connections();
	let n = 0; // the one that is looked at
	const guilty = (what) => harm(what, n);
	spy(page, context, guilty);
	page.on("framenavigated", (frame) => {
		const { pathname } = new URL(frame.url(), "http://none");
		const right = frame === page.mainFrame() ? pathname.startsWith(list) : pathname === document(ids[n - 1]) || frame.url() === "about:blank";
		if (!right) {
			guilty(`left the page for ${frame.url()}`);
		}
	});
	context.on("requestfinished", (request) => {
		const own = request.isNavigationRequest() || request.frame() === page.mainFrame();
		if (!own || (request.isNavigationRequest() && !request.url().endsWith("/html"))) {
			guilty(`asked for ${request.url()}`);
		}
	});
	for (const id of ids) {
		n++; stage.n = n; stage.t ??= Date.now();
		await show(page, id);
	}
	stage.step("the page around them is as it was");
	const after = await page.evaluate(() => [document.title, window.name, localStorage.touched ?? "", document.cookie].join("|"));
	check(after === "Sandbox inbox · Aviso|||", `the page around is now ${after}`);
	const cookies = (await context.cookies()).map((c) => c.name + c.value).join(" ");
	check(!/touched|stolen/.test(cookies), `there are new cookies: ${cookies}`);
console.log("CONN", host.connections()-before);
	stage.step("subject and source are words and nothing else");
	await page.getByRole("tab", { name: "Source" }).click();
	await page.locator("aside pre").waitFor();
	await page.getByRole("tab", { name: "Headers" }).click();
	await page.locator("aside dl dt", { hasText: "Subject" }).waitFor();
	await page.reload();
	await open(page, list, "Sandbox inbox");
	await page.getByRole("row").nth(20).waitFor();
}

// Goes to a message as the list's link would, waits until its frame is drawn, and
// clicks into it.
async function show(page, id) {
	const drawn = page.waitForEvent("framenavigated", (frame) => frame !== page.mainFrame() && frame.url().endsWith(document(id)));
	await page.evaluate((to) => history.pushState(null, "", to), `${list}/mail/${id}`);
	await (await drawn).waitForLoadState("load");
	const box = await page.locator("iframe[title='The message']").boundingBox();
	await page.mouse.click(box.x + 40, box.y + 40);
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

// Shows what the frame shows, without the frame.
async function control(stage, ids, harm, host) {
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
	for (const id of ids) {
		n++;
		const answer = await operator.context.request.get(document(id));
		host.serve(`/bare/${n}`, await answer.text());
		// One that leads away at once does not get to its end.
		await page.goto(bare(n), { waitUntil: "domcontentloaded" }).catch(() => {});
		await page.mouse.click(40, 40).catch(() => {});
	}
}
