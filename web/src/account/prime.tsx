import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { Prime } from "../api/schema";
import { useConfig } from "../api/session.ts";
import { goAndPay } from "../credit/pay.ts";
import { Button } from "../ui/button.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { count, money, plural } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { State } from "../ui/state.tsx";
import { exactDay } from "../ui/time.tsx";
import { Tabs } from "./tabs.tsx";

/** The subscription that allows more shortcodes. */
export function PrimePage() {
	const prime = useQuery({
		queryKey: ["account", "prime"],
		queryFn: () => take(api.GET("/api/v1/prime")),
	});
	return (
		<Page title="Account">
			<Tabs />
			<div className="card max-w-[560px]">
				{prime.data ? (
					<Offer prime={prime.data} />
				) : prime.error ? (
					<Failed what="Prime" error={prime.error} again={prime.refetch} />
				) : (
					<Skeleton className="h-44 w-full" />
				)}
			</div>
		</Page>
	);
}

function Offer({ prime }: { prime: Prime }) {
	const billing = useConfig().data?.billing;
	const order = useDeed({ act: () => take(api.POST("/api/v1/prime/checkout")), after: goAndPay });
	const portal = useDeed({
		act: () => take(api.POST("/api/v1/prime/portal")),
		after: ({ url }) => goAndPay({ url, sessionId: "" }),
	});
	return (
		<div className="flex flex-col items-start gap-4 p-5">
			<div className="flex w-full items-center justify-between gap-4">
				<h2 className="text-lg font-semibold">Prime</h2>
				<State of={prime.active ? "active" : "inactive"} />
			</div>
			<p>
				With Prime, {plural(prime.primeShortcodes, "shortcode")} of yours can be active at a time; without it{" "}
				{count(prime.freeShortcodes)}. It costs {money(prime.price, prime.currency)} a month.
			</p>
			<Term prime={prime} />
			<FormError>{order.failure?.message ?? portal.failure?.message}</FormError>
			{billing === "off" ? (
				<p className="text-soft">Nothing is for sale here. The operator can grant Prime.</p>
			) : prime.manageable ? (
				<Button busy={portal.busy} onClick={() => portal.do()}>
					Manage the subscription
				</Button>
			) : (
				!prime.active && (
					<Button kind="primary" busy={order.busy} onClick={() => order.do()}>
						Subscribe to Prime
					</Button>
				)
			)}
		</div>
	);
}

function Term({ prime }: { prime: Prime }) {
	if (!prime.until) {
		return null;
	}
	return (
		<p className="text-soft">
			Until {exactDay(prime.until)}
			{prime.graceUntil &&
				`; shortcodes beyond the free ones stay active until ${exactDay(prime.graceUntil)}`}
			.
		</p>
	);
}
