import reference from "virtual:reference";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { NoSuch } from "../ui/no_such.tsx";
import { ApiPage } from "./api_page.tsx";
import { Introduction } from "./introduction.tsx";

/** The API as openapi.yaml tells it, for everybody. */
export default function ReferenceArea() {
	const [path] = useLocation();
	const tabs = [{ id: "", title: "Introduction" }, ...reference.apis];
	return (
		<div className="min-h-dvh">
			<header className="sticky top-0 z-20 flex h-12 items-center gap-6 border-b border-line bg-ground px-6 max-narrow:h-auto max-narrow:flex-wrap max-narrow:gap-x-6 max-narrow:gap-y-1 max-narrow:px-4 max-narrow:py-2">
				<Link to="/dashboard" className="text-lg font-semibold" title="To the dashboard">
					Aviso
				</Link>
				<nav aria-label="Reference" className="flex min-w-0 gap-1 max-narrow:-mx-2.5 max-narrow:flex-wrap">
					{tabs.map((tab) => {
						const to = tab.id ? `/docs/${tab.id}` : "/docs";
						return (
							<Link
								key={to}
								to={to}
								onClick={() => window.scrollTo(0, 0)}
								aria-current={path === to ? "page" : undefined}
								className="rounded-md px-2.5 py-1 whitespace-nowrap text-soft hover:bg-sunken aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-ink"
							>
								{tab.title}
							</Link>
						);
					})}
				</nav>
			</header>
			<main>
				<Switch>
					<Route path="/docs">
						<Introduction reference={reference} />
					</Route>
					{reference.apis.map((api) => (
						<Route key={api.id} path={`/docs/${api.id}`}>
							<ApiPage api={api} />
						</Route>
					))}
					<Route path="/docs/">
						<Redirect to="/docs" replace />
					</Route>
					<Route component={NoSuch} />
				</Switch>
			</main>
		</div>
	);
}
