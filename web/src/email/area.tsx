import { Route, Switch } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { Addresses } from "./addresses.tsx";
import { Credits } from "./credits.tsx";
import { Keys } from "./keys.tsx";
import { Logs } from "./logs.tsx";
import { Overview } from "./overview.tsx";

/** The pages of email. */
export default function EmailArea() {
	return (
		<Switch>
			<Route path="/dashboard/email" component={Overview} />
			<Route path="/dashboard/email/logs/:messageId?">
				{({ messageId }) => <Logs selected={messageId} />}
			</Route>
			<Route path="/dashboard/email/api-keys" component={Keys} />
			<Route path="/dashboard/email/addresses" component={Addresses} />
			<Route path="/dashboard/email/credits" component={Credits} />
			<Route component={NoSuch} />
		</Switch>
	);
}
