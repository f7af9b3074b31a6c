import { queryOptions, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { smsCredits } from "../api/balances.ts";
import { api, take } from "../api/client.ts";
import { Bundles } from "../credit/bundles.tsx";
import { History } from "../credit/history.tsx";
import { Figure, Figures } from "../ui/figure.tsx";
import { credits } from "../ui/figures.ts";
import { Page, Section } from "../ui/page.tsx";
import { type Place, placeOf } from "../ui/pager.ts";
import { conversationPath, someone } from "./paths.ts";

const bundles = queryOptions({
	queryKey: ["sms", "credits", "bundles"],
	queryFn: () => take(api.GET("/api/v1/sms/credits/bundles")),
});

const history = (place: Place) =>
	queryOptions({
		queryKey: ["sms", "credits", "history", place],
		queryFn: () =>
			take(
				api.GET("/api/v1/sms/credits/history", {
					params: { query: place.before ? { before: place.before } : { offset: place.offset } },
				}),
			),
		placeholderData: (before) => before,
	});

/** What texts cost from: the balance, what can be bought, and every change. */
export function Credits() {
	const balance = useQuery(smsCredits);
	const [search] = useSearchParams();
	return (
		<Page
			title="SMS credits"
			intro="A text costs one credit for every 160 characters begun. Receiving is free, and what never left is refunded."
		>
			<Figures what="The balance" error={balance.data ? null : balance.error} again={balance.refetch}>
				<Figure name="Balance" value={balance.data && credits(balance.data.balance)} />
			</Figures>
			<Section title="Buy">
				<Bundles
					bundles={useQuery(bundles)}
					order={(bundle) =>
						take(api.POST("/api/v1/sms/credits/checkout", { body: { bundleId: bundle.id } }))
					}
				/>
			</Section>
			<Section title="History">
				<History
					page={useQuery(history(placeOf(search)))}
					messages={conversationPath(someone)}
					empty="Every credit that comes or goes will be a line here. The first are granted with the approval."
				/>
			</Section>
		</Page>
	);
}
