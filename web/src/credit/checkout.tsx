import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import type { CheckoutState } from "../api/schema";
import { useConfig } from "../api/session.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Buttons } from "../ui/dialog.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { count, money } from "../ui/figures.ts";
import { Page } from "../ui/page.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

const soon = 2000;

const words: Record<CheckoutState["status"], [string, string]> = {
	open: ["Waiting for the payment", "What you buy arrives here by itself, a moment after it is paid."],
	paid: ["Paid", "What you bought has arrived."],
	cancelled: ["Cancelled", "Nothing was bought, nothing was charged."],
	expired: ["Expired", "It was not paid in time. Nothing was charged; begin again when you like."],
};

const places: Record<CheckoutState["item"], string> = {
	email_credits: "/dashboard/email/credits",
	unlimited: "/dashboard/email/credits",
	sms_credits: "/dashboard/sms/credits",
	prime: "/dashboard/account/prime",
};

/** One purchase: whether it has arrived, and in a sandbox the till itself. */
export function CheckoutPage({ sessionId }: { sessionId: string }) {
	const checkout = useQuery({
		queryKey: ["billing", "checkout", sessionId],
		queryFn: () =>
			take(api.GET("/api/v1/billing/checkouts/{sessionId}", { params: { path: { sessionId } } })),
		refetchInterval: (query) => (query.state.data?.status === "open" ? soon : false),
	});
	const state = checkout.data;
	return (
		<Page title="Checkout">
			<div className="card max-w-[480px]">
				{state ? (
					<Standing state={state} />
				) : checkout.error ? (
					<Failed what="The purchase" error={checkout.error} again={checkout.refetch} />
				) : (
					<Skeleton className="h-40 w-full" />
				)}
			</div>
		</Page>
	);
}

function Standing({ state }: { state: CheckoutState }) {
	const [title, sentence] = words[state.status];
	const sandbox = useConfig().data?.billing === "sandbox";
	return (
		<div className="flex flex-col gap-4 p-5">
			<div className="flex items-baseline justify-between gap-4">
				<p className="font-medium">{named(state)}</p>
				<p>{money(state.price, state.currency)}</p>
			</div>
			<div role="status">
				<p className="text-lg font-semibold">{title}</p>
				<p className="text-soft">{sentence}</p>
			</div>
			{state.status === "open" && sandbox ? (
				<Till state={state} />
			) : (
				<Buttons>
					<ButtonLink to={places[state.item]}>Go back</ButtonLink>
				</Buttons>
			)}
		</div>
	);
}

function Till({ state }: { state: CheckoutState }) {
	const settle = useDeed({
		act: (action: "pay" | "cancel") =>
			take(
				api.POST("/api/v1/billing/sandbox/{sessionId}", {
					params: { path: { sessionId: state.sessionId } },
					body: { action },
				}),
			),
		changes: [["billing"], ["email"], ["sms"], ["account"]],
	});
	return (
		<>
			<FormError>{settle.failure?.message}</FormError>
			<Buttons>
				<Button disabled={settle.busy} onClick={() => settle.do("cancel")}>
					Cancel
				</Button>
				<Button kind="primary" busy={settle.busy} onClick={() => settle.do("pay")}>
					Pay with nothing
				</Button>
			</Buttons>
		</>
	);
}

function named(state: CheckoutState): string {
	switch (state.item) {
		case "prime":
			return "Prime";
		case "unlimited":
			return "30 days of email without limit";
		case "email_credits":
			return `${count(state.credits ?? 0)} email credits`;
		case "sms_credits":
			return `${count(state.credits ?? 0)} SMS credits`;
	}
}
