import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import type { Events } from "../api/events.ts";
import type { Me } from "../api/schema";
import { useMe, useSessionEnded } from "../api/session.ts";
import { Failed } from "../ui/failed.tsx";
import { NoSuch } from "../ui/no_such.tsx";
import { Account, Checkout, Email, Operator, prefetchAreas, SMS, Start } from "./areas.ts";
import { Boundary } from "./boundary.tsx";
import { Frame } from "./frame.tsx";
import { SignInAgain } from "./sign_in_again.tsx";

/** Everything behind the sign-in. */
export function Dashboard({ events }: { events: Events }) {
	const me = useMe();
	const [path] = useLocation();
	const search = useSearch();
	if (me.data === null) {
		const next = path + (search ? `?${search}` : "");
		return (
			<Redirect
				to={next === "/dashboard" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`}
				replace
			/>
		);
	}
	if (!me.data) {
		return me.error ? <Failed what="The page" error={me.error} again={me.refetch} /> : null;
	}
	return <SignedIn me={me.data} events={events} />;
}

function SignedIn({ me, events }: { me: Me; events: Events }) {
	const client = useQueryClient();
	const ended = useSessionEnded();
	const isOperator = me.role === "admin";
	const quiet = ended || me.mustChangePassword;
	useEffect(() => (quiet ? undefined : events.follow(client)), [client, events, quiet]);
	useEffect(() => {
		const timer = setTimeout(() => prefetchAreas(isOperator), 1500);
		return () => clearTimeout(timer);
	}, [isOperator]);
	const [path] = useLocation();
	if (me.mustChangePassword && path !== "/dashboard/account") {
		return <Redirect to="/dashboard/account" replace />;
	}
	return (
		<Frame me={me}>
			{/* A failure of one page is over when the reader goes to another. */}
			<Boundary key={path.split("/").slice(0, 3).join("/")}>
				<Suspense>
					<Switch>
						<Route path="/dashboard" component={Start} />
						<Route path="/dashboard/email/*?" component={Email} />
						<Route path="/dashboard/sms/*?" component={SMS} />
						<Route path="/dashboard/account/*?" component={Account} />
						<Route path="/dashboard/checkout/*?" component={Checkout} />
						{isOperator && <Route path="/dashboard/operator/*?" component={Operator} />}
						<Route component={NoSuch} />
					</Switch>
				</Suspense>
			</Boundary>
			{ended && <SignInAgain email={me.email} />}
		</Frame>
	);
}
