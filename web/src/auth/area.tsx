import { Route, Switch } from "wouter";
import { Register } from "./register.tsx";
import { Reset } from "./reset.tsx";
import { SignIn } from "./sign_in.tsx";
import { Verify } from "./verify.tsx";

/** What one can do without a session, and how to get one. */
export default function AuthArea() {
	return (
		<Switch>
			<Route path="/sign-in" component={SignIn} />
			<Route path="/register" component={Register} />
			<Route path="/reset" component={Reset} />
			<Route path="/verify" component={Verify} />
		</Switch>
	);
}
