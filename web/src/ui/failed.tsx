import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** What went wrong, as far as a reader can use it. */
export interface Trouble {
	message: string;
	/** Under this id the operator finds the cause. */
	requestId?: string | undefined;
	/** The HTTP status; what is not found (404) is not there the next time either. */
	status?: number;
}

/** Something could not be loaded: what, and Try again. */
export function Failed({ what, error, again }: { what: string; error: Trouble; again(): unknown }) {
	return (
		<div role="alert" className="flex flex-col items-start gap-3 px-4 py-6">
			<p className="flex items-center gap-2 font-medium">
				<Icon name="warning" className="text-bad" /> {what} could not be loaded.
			</p>
			<p className="text-soft">
				{error.message}
				{error.requestId && (
					<>
						{" "}
						Request <code className="mono">{error.requestId}</code>.
					</>
				)}
			</p>
			{error.status !== 404 && <Button onClick={() => again()}>Try again</Button>}
		</div>
	);
}
