import { Route, Switch } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { PrimePage } from "./prime.tsx";
import { Profile } from "./profile.tsx";
import { Sessions } from "./sessions.tsx";

/** What belongs to the reader: name, password, sessions, Prime. */
export default function AccountArea() {
	return (
		<Switch>
			<Route path="/dashboard/account" component={Profile} />
			<Route path="/dashboard/account/sessions" component={Sessions} />
			<Route path="/dashboard/account/prime" component={PrimePage} />
			<Route component={NoSuch} />
		</Switch>
	);
}
