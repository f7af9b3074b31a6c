import type { UseQueryResult } from "@tanstack/react-query";
import { useDeed } from "../api/form.ts";
import type { Bundle, Checkout } from "../api/schema";
import { useConfig } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failed } from "../ui/failed.tsx";
import { FormError } from "../ui/field.tsx";
import { count, money } from "../ui/figures.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { goAndPay } from "./pay.ts";

interface BundlesProps {
	bundles: UseQueryResult<{ items: Bundle[] }>;
	/** Makes the checkout of one. */
	order(bundle: Bundle): Promise<Checkout>;
}

/** What can be bought, one card each. */
export function Bundles({ bundles, order }: BundlesProps) {
	const billing = useConfig().data?.billing;
	const buy = useDeed({ act: order, after: goAndPay });
	if (bundles.error && !bundles.data) {
		return (
			<div className="card">
				<Failed what="What can be bought" error={bundles.error} again={bundles.refetch} />
			</div>
		);
	}
	if (billing === "off" || bundles.data?.items.length === 0) {
		return (
			<div className="card">
				<Empty title="Nothing is for sale here.">
					<p>The operator of this installation grants credits. Ask there for more.</p>
				</Empty>
			</div>
		);
	}
	return (
		<>
			<FormError>{buy.failure?.message}</FormError>
			<ul className="grid grid-cols-[repeat(auto-fill,minmax(200px,1fr))] gap-3">
				{bundles.data
					? bundles.data.items.map((bundle) => (
							<Offer key={bundle.id} bundle={bundle} busy={buy.busy} onBuy={() => buy.do(bundle)} />
						))
					: [1, 2, 3].map((n) => <Skeleton key={n} className="h-[126px] w-full" />)}
			</ul>
			{billing === "sandbox" && <p className="text-soft">This is a sandbox: paying costs nothing.</p>}
		</>
	);
}

function Offer({ bundle, busy, onBuy }: { bundle: Bundle; busy: boolean; onBuy(): void }) {
	const what = bundle.days ? `${bundle.days} days without limit` : `${count(bundle.credits ?? 0)} credits`;
	return (
		<li className="card flex flex-col gap-3 p-4">
			<div>
				<p className="font-medium">{what}</p>
				<p className="text-soft">{money(bundle.price, bundle.currency)}</p>
			</div>
			<Button disabled={busy} onClick={onBuy} aria-label={`Buy ${what}`} className="self-start">
				Buy
			</Button>
		</li>
	);
}
