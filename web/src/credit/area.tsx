import { Route, Switch } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { CheckoutPage } from "./checkout.tsx";

/** Where a reader comes back to from paying, and where a sandbox is paid. */
export default function CheckoutArea() {
	return (
		<Switch>
			<Route path="/dashboard/checkout/:sessionId">
				{({ sessionId }) => <CheckoutPage key={sessionId} sessionId={sessionId} />}
			</Route>
			<Route component={NoSuch} />
		</Switch>
	);
}
