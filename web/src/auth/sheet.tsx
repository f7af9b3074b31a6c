import type { ReactNode } from "react";
import { useConfig } from "../api/session.ts";
import { useTitle } from "../ui/page.tsx";

/** The one sheet of paper on which somebody signs in. */
export function Sheet({ title, children, foot }: { title: string; children: ReactNode; foot?: ReactNode }) {
	useTitle(title);
	const mode = useConfig().data?.mode;
	const sandbox = mode?.email === "sandbox" || mode?.sms === "sandbox";
	return (
		<main className="mx-auto flex min-h-dvh w-full max-w-[400px] flex-col gap-6 px-4 pt-[12vh] pb-8">
			<p className="flex items-center justify-between text-lg font-semibold">
				Aviso
				<span
					className={`rounded border border-wait px-1.5 text-xs leading-5 font-semibold text-wait ${sandbox ? "" : "invisible"}`}
				>
					SANDBOX
				</span>
			</p>
			<div className="card flex flex-col gap-4 p-6">
				<h1 className="text-xl font-semibold">{title}</h1>
				{children}
			</div>
			{foot && <div className="flex flex-wrap justify-between gap-3 px-1 text-soft">{foot}</div>}
		</main>
	);
}
