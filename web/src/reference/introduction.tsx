import { Page } from "../ui/page.tsx";
import { Markdown } from "./markdown.tsx";
import type { Reference } from "./model.ts";

/** What holds for every call. */
export function Introduction({ reference }: { reference: Reference }) {
	return (
		<Page title="API reference">
			<div className="max-w-[760px]">
				<Markdown text={reference.intro} heading="h2" />
				<p className="mt-6 text-soft">
					For programs:{" "}
					<a className="link" href="/api/openapi.yaml">
						openapi.yaml
					</a>
					. For language models and plain reading:{" "}
					<a className="link" href="/llms.txt">
						llms.txt
					</a>
					.
				</p>
			</div>
		</Page>
	);
}
