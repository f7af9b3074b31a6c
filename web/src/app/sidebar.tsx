import { Link, useLocation } from "wouter";
import type { Me } from "../api/schema";
import { Icon } from "../ui/icon.tsx";
import { type Area, email, here, operator, sms } from "./nav.ts";

const item =
	"flex h-7 items-center gap-2 rounded-md px-2.5 text-soft hover:bg-sunken hover:text-ink aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-ink max-wide:h-10";

/** The ways from here. Start is among them until all of it is done. */
export function Sidebar({ me, start }: { me: Me; start: boolean }) {
	const [path] = useLocation();
	return (
		<nav aria-label="Areas" className="flex min-h-full flex-col gap-5 px-3 py-3">
			<Link to="/dashboard" className="flex h-6 items-center px-2.5 text-lg font-semibold">
				Aviso
			</Link>
			{start && (
				<Link to="/dashboard" className={item} aria-current={path === "/dashboard" ? "page" : undefined}>
					<Icon name="start" size={14} /> Start
				</Link>
			)}
			<Places area={email} path={path} />
			<Places area={sms} path={path} />
			{me.role === "admin" && <Places area={operator} path={path} />}
			<Link to="/docs" className={`${item} mt-auto`}>
				<Icon name="book" size={14} /> API reference
			</Link>
		</nav>
	);
}

function Places({ area, path }: { area: Area; path: string }) {
	const current = here(path, area.places);
	return (
		<div>
			<p className="flex h-7 items-center gap-2 px-2.5 font-medium">
				<Icon name={area.icon} size={14} className="text-soft" /> {area.name}
			</p>
			<ul>
				{area.places.map((place) => (
					<li key={place.to}>
						<Link
							to={place.to}
							onClick={() => window.scrollTo(0, 0)}
							aria-current={place === current ? "page" : undefined}
							className={`${item} pl-8`}
						>
							{place.name}
						</Link>
					</li>
				))}
			</ul>
		</div>
	);
}
