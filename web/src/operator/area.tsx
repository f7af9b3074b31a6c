import { Route, Switch } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { Accounts } from "./accounts.tsx";
import { Applications } from "./applications.tsx";
import { Audit } from "./audit.tsx";
import { Carriers } from "./carriers.tsx";
import { Invites } from "./invites.tsx";
import { OptOuts } from "./opt_outs.tsx";
import { Overview } from "./overview.tsx";
import { Queue } from "./queue.tsx";
import { SandboxMailPage } from "./sandbox_mail.tsx";
import { SandboxTexts } from "./sandbox_texts.tsx";
import { Senders } from "./senders.tsx";
import { UnknownTexts } from "./unknown_texts.tsx";
import { Unrouted } from "./unrouted.tsx";

/** The pages of who runs the installation. */
export default function OperatorArea() {
	return (
		<Switch>
			<Route path="/dashboard/operator" component={Overview} />
			<Route path="/dashboard/operator/accounts/invites" component={Invites} />
			<Route path="/dashboard/operator/accounts/:id?">{({ id }) => <Accounts selected={id} />}</Route>
			<Route path="/dashboard/operator/applications/:id?">{({ id }) => <Applications selected={id} />}</Route>
			<Route path="/dashboard/operator/senders/:id?">{({ id }) => <Senders selected={id} />}</Route>
			<Route path="/dashboard/operator/relays/:kind?/:name?">
				{({ kind, name }) => <Carriers kind={kind} name={name} />}
			</Route>
			<Route path="/dashboard/operator/queue/:id?">{({ id }) => <Queue selected={id} />}</Route>
			<Route path="/dashboard/operator/texts" component={UnknownTexts} />
			<Route path="/dashboard/operator/texts/unrouted/:id?">{({ id }) => <Unrouted selected={id} />}</Route>
			<Route path="/dashboard/operator/texts/opt-outs" component={OptOuts} />
			<Route path="/dashboard/operator/sandbox">
				<SandboxMailPage selected={undefined} />
			</Route>
			<Route path="/dashboard/operator/sandbox/mail/:id">
				{({ id }) => <SandboxMailPage selected={id} />}
			</Route>
			<Route path="/dashboard/operator/sandbox/texts" component={SandboxTexts} />
			<Route path="/dashboard/operator/audit/:id?">{({ id }) => <Audit selected={id} />}</Route>
			<Route component={NoSuch} />
		</Switch>
	);
}
