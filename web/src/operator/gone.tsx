import { Empty } from "../ui/empty.tsx";
import { Panel } from "../ui/panel.tsx";

/** The panel of something that its list does not hold, or no longer. */
export function Gone({ what, closed }: { what: string; closed: string }) {
	return (
		<Panel title={what} closed={closed}>
			<Empty title="It is not in the list beside this any more.">
				<p>It may be done with, or be on another page of the list.</p>
			</Empty>
		</Panel>
	);
}
