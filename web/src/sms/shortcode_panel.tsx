import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Shortcode } from "../api/schema";
import { Button } from "../ui/button.tsx";
import { Code } from "../ui/copy.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactTime } from "../ui/time.tsx";
import { PushList } from "./pushes.tsx";
import { pushes } from "./queries.ts";
import { ChangeWebhook, DeleteShortcode, NewSecret } from "./shortcode_dialogs.tsx";

const dialogs = { webhook: ChangeWebhook, secret: NewSecret, delete: DeleteShortcode };

/** One shortcode: its webhook, and how that answers. */
export function ShortcodePanel({ target, closed }: { target: Shortcode | undefined; closed: string }) {
	const [asked, setAsked] = useState<keyof typeof dialogs | null>(null);
	if (!target) {
		return (
			<Panel title="Shortcode" closed={closed}>
				<Empty title="There is no such shortcode; it may have been deleted." />
			</Panel>
		);
	}
	const Asked = asked && dialogs[asked];
	return (
		<Panel title={target.code} closed={closed}>
			<Facts>
				<Fact name="State">
					<State of={target.active ? "active" : "inactive"} />
					{!target.active && (
						<p className="text-soft">
							Texts for it are listed and not pushed: more are stored than may be active at a time.
						</p>
					)}
				</Fact>
				<Fact name="Webhook">{target.webhookUrl ? <Code text={target.webhookUrl} /> : "none"}</Fact>
				<Fact name="Made">{exactTime(target.createdAt)}</Fact>
			</Facts>
			<div className="flex flex-wrap gap-2">
				<Button onClick={() => setAsked("webhook")}>
					{target.webhookUrl ? "Change the webhook" : "Add a webhook"}
				</Button>
				{target.hasSecret && <Button onClick={() => setAsked("secret")}>Replace the secret</Button>}
				<Button kind="danger" onClick={() => setAsked("delete")}>
					Delete
				</Button>
			</div>
			{target.webhookUrl && <Answers target={target} />}
			{Asked && <Asked target={target} onClose={() => setAsked(null)} />}
		</Panel>
	);
}

function Answers({ target }: { target: Shortcode }) {
	const list = useQuery(pushes(target.id));
	const test = useDeed({
		act: () => take(api.POST("/api/v1/sms/shortcodes/{id}/test", { params: { path: { id: target.id } } })),
		changes: [
			["sms", "pushes", target.id],
			["sms", "shortcodes"],
		],
	});
	return (
		<section className="flex flex-col gap-3">
			<div className="flex items-center justify-between gap-3">
				<h3 className="font-semibold">Last answers</h3>
				<Button busy={test.busy} onClick={() => test.do()}>
					Send a test
				</Button>
			</div>
			<FormError>{test.failure?.message}</FormError>
			{list.data ? (
				list.data.items.length > 0 ? (
					<PushList pushes={list.data.items} />
				) : (
					<div className="card">
						<Empty title="The webhook was not called yet.">
							<p>A test calls it with a made-up text.</p>
						</Empty>
					</div>
				)
			) : list.error ? (
				<Failed what="The answers" error={list.error} again={list.refetch} />
			) : (
				<Skeleton className="h-32 w-full" />
			)}
		</section>
	);
}
