import { useSearchParams } from "wouter";
import { Button } from "./button.tsx";
import { count } from "./figures.ts";
import { type Extent, extentWords, older, type Place, placeOf } from "./pager.ts";

/** Newer and older, below a list. The place is in the address of the page. */
export function Pages({ extent }: { extent: Extent | undefined }) {
	const [search, setSearch] = useSearchParams();
	const at = placeOf(search);
	const next = extent && older(at, extent);
	const move = (to: Place) => {
		window.scrollTo(0, 0);
		setSearch((before) => {
			const after = new URLSearchParams(before);
			after.delete("offset");
			after.delete("before");
			if (to.offset > 0) {
				after.set("offset", String(to.offset));
			}
			if (to.before) {
				after.set("before", to.before);
			}
			return after;
		});
	};
	return (
		<nav aria-label="Pages" className="flex min-h-8 items-center justify-between gap-3 text-soft">
			<span>{extent && extentWords(at, extent, count)}</span>
			{(at.offset > 0 || at.before || next) && (
				<span className="flex gap-2">
					{/* A page after a row has no number to go back to: there the browser's history is the way. */}
					<Button
						disabled={at.offset === 0 && !at.before}
						onClick={() =>
							at.before ? history.back() : move({ offset: Math.max(0, at.offset - (extent?.limit ?? 50)) })
						}
					>
						Newer
					</Button>
					<Button disabled={!next} onClick={() => next && move(next)}>
						Older
					</Button>
				</span>
			)}
		</nav>
	);
}
