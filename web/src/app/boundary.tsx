import { Component, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";

/** Catches what a page throws while it is drawn, or a part that cannot be fetched. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
	override state = { failed: false };

	static getDerivedStateFromError(): { failed: boolean } {
		return { failed: true };
	}

	override render(): ReactNode {
		if (!this.state.failed) {
			return this.props.children;
		}
		return (
			<main role="alert" className="mx-auto flex max-w-[560px] flex-col items-start gap-3 p-6">
				<h1 className="text-xl font-semibold">This part of the page does not work</h1>
				<p className="text-soft">
					It may be of another version than the server: loading the page again fetches the present one.
				</p>
				<Button onClick={() => location.reload()}>Load the page again</Button>
			</main>
		);
	}
}
