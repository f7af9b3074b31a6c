import type { ReactNode } from "react";
import { Failed, type Trouble } from "./failed.tsx";
import { Skeleton } from "./skeleton.tsx";

/** A number that matters, and what it counts. It has its room before it is known. */
export function Figure({
	name,
	value,
	note,
}: {
	name: string;
	value: ReactNode | undefined;
	note?: ReactNode;
}) {
	return (
		<div className="card flex min-w-0 flex-col gap-0.5 px-4 py-3">
			<p className="truncate text-soft">{name}</p>
			<p className="h-8 truncate text-2xl font-semibold">{value ?? <Skeleton className="mt-1 h-6 w-20" />}</p>
			<p className="h-5 truncate text-sm text-soft">{note}</p>
		</div>
	);
}

interface FiguresProps {
	what: string;
	/** Why there are none; null as long as there are, or may be. */
	error: Trouble | null;
	again(): unknown;
	children: ReactNode;
}

/** A row of figures; as many in a row as there is room for. */
export function Figures({ what, error, again, children }: FiguresProps) {
	if (error) {
		return (
			<div className="card">
				<Failed what={what} error={error} again={again} />
			</div>
		);
	}
	return <div className="grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))] gap-3">{children}</div>;
}
