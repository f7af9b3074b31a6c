import { queryOptions, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { emailCredits } from "../api/balances.ts";
import { api, take } from "../api/client.ts";
import { Bundles } from "../credit/bundles.tsx";
import { History } from "../credit/history.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { credits } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { type Place, placeOf } from "../ui/pager.ts";
import { exactDay, useNow } from "../ui/time.tsx";

const bundles = queryOptions({
	queryKey: ["email", "credits", "bundles"],
	queryFn: () => take(api.GET("/api/v1/email/credits/bundles")),
});

const history = (place: Place) =>
	queryOptions({
		queryKey: ["email", "credits", "history", place],
		queryFn: () =>
			take(
				api.GET("/api/v1/email/credits/history", {
					params: { query: place.before ? { before: place.before } : { offset: place.offset } },
				}),
			),
		placeholderData: (before) => before,
	});

/** What email costs from: the balance, what can be bought, and every change. */
export function Credits() {
	const standing = useQuery(emailCredits);
	const balance = standing.data;
	const [search] = useSearchParams();
	const now = useNow();
	const until = balance?.unlimitedUntil;
	const unlimited = until && new Date(until).getTime() > now;
	return (
		<Page
			title="Email credits"
			intro="One distinct recipient costs one credit. Who is refused for good is refunded."
		>
			<Figures what="The balance" error={balance ? null : standing.error} again={standing.refetch}>
				<Figure name="Balance" value={balance && credits(balance.balance)} />
				<Figure
					name="Unlimited tier"
					value={balance && (unlimited ? "active" : "off")}
					note={unlimited ? `until ${exactDay(until)}` : "30 days at a time"}
				/>
			</Figures>
			<Section title="Buy">
				<Bundles
					bundles={useQuery(bundles)}
					order={(bundle) =>
						bundle.id === "unlimited"
							? take(api.POST("/api/v1/email/credits/checkout/unlimited"))
							: take(api.POST("/api/v1/email/credits/checkout", { body: { bundleId: bundle.id } }))
					}
				/>
			</Section>
			<Section title="History">
				<History
					page={useQuery(history(placeOf(search)))}
					messages="/dashboard/email/logs"
					empty="Every credit that comes or goes will be a line here. The first is written when you buy or send."
				/>
			</Section>
		</Page>
	);
}
