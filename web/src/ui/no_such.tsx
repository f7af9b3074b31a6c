import { ButtonLink } from "./button.tsx";
import { Page } from "./page.tsx";

/** For an address that leads nowhere. */
export function NoSuch() {
	return (
		<Page title="There is no such page" intro="The address may be mistyped, or what it named is gone.">
			<div>
				<ButtonLink to="/dashboard">Go to the dashboard</ButtonLink>
			</div>
		</Page>
	);
}
