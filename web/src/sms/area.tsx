import { Route, Switch } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { Credits } from "./credits.tsx";
import { Messages } from "./messages.tsx";
import { Overview } from "./overview.tsx";
import { peerIn } from "./paths.ts";
import { Shortcodes } from "./shortcodes.tsx";
import { TokenPage } from "./token.tsx";

/** The pages of texts. */
export default function SMSArea() {
	return (
		<Switch>
			<Route path="/dashboard/sms" component={Overview} />
			<Route path="/dashboard/sms/messages/:peer?/:id?">
				{({ peer, id }) => <Messages peer={peer && peerIn(peer)} selected={id} />}
			</Route>
			<Route path="/dashboard/sms/api-keys" component={TokenPage} />
			<Route path="/dashboard/sms/shortcodes/:id?">{({ id }) => <Shortcodes selected={id} />}</Route>
			<Route path="/dashboard/sms/credits" component={Credits} />
			<Route component={NoSuch} />
		</Switch>
	);
}
