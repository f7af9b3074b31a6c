import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";
import type { Events } from "../api/events.ts";
import { FreshTokenProvider } from "../api/fresh_token.tsx";
import { NoSuch } from "../ui/no_such.tsx";
import { ToastProvider } from "../ui/toast.tsx";
import { Auth, Reference } from "./areas.ts";
import { Boundary } from "./boundary.tsx";
import { Dashboard } from "./dashboard.tsx";

/** All of the page: what is around it, and which part an address shows. */
export function App({ client, events }: { client: QueryClient; events: Events }) {
	return (
		<QueryClientProvider client={client}>
			<ToastProvider>
				<FreshTokenProvider>
					<Boundary>
						<Suspense>
							<Switch>
								<Route path="/">
									<Redirect to="/dashboard" replace />
								</Route>
								<Route path="/dashboard/*?">
									<Dashboard events={events} />
								</Route>
								<Route path="/docs/*?" component={Reference} />
								<Route path="/sign-in" component={Auth} />
								<Route path="/register" component={Auth} />
								<Route path="/reset" component={Auth} />
								<Route path="/verify" component={Auth} />
								<Route component={NoSuch} />
							</Switch>
						</Suspense>
					</Boundary>
				</FreshTokenProvider>
			</ToastProvider>
		</QueryClientProvider>
	);
}
