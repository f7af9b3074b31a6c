import type { ReactNode } from "react";

/** Says what will be here, and how to get the first one. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
	return (
		<div className="flex flex-col items-start gap-3 px-4 py-6">
			<p className="font-medium">{title}</p>
			{children && (
				<div className="flex w-full max-w-[72ch] flex-col items-start gap-3 text-soft">{children}</div>
			)}
		</div>
	);
}
