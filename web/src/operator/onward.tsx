import { useSearchParams } from "wouter";
import { Button } from "../ui/button.tsx";
import { count } from "../ui/figures.ts";
import type { Extent } from "../ui/pager.ts";

/**
 * The way through a list that begins with the oldest and loses items while it is
 * read: on from the last one shown, or back to the beginning.
 */
export function Onward({ extent }: { extent: Extent | undefined }) {
	const [search, setSearch] = useSearchParams();
	const begun = search.has("before");
	const lastId = extent?.count === extent?.limit ? extent?.lastId : undefined;
	const move = (after: string) =>
		setSearch((before) => {
			const next = new URLSearchParams(before);
			next.delete("before");
			if (after) {
				next.set("before", after);
			}
			return next;
		});
	return (
		<nav aria-label="Pages" className="flex min-h-8 items-center justify-between gap-3 text-soft">
			<span>
				{extent &&
					extent.total > 0 &&
					`${count(extent.total)} ${extent.totalCapped ? "and more " : ""}in all, oldest first`}
			</span>
			{(begun || lastId) && (
				<span className="flex gap-2">
					<Button disabled={!begun} onClick={() => move("")}>
						From the beginning
					</Button>
					<Button disabled={!lastId} onClick={() => lastId && move(lastId)}>
						Go on
					</Button>
				</span>
			)}
		</nav>
	);
}
