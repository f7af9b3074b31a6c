import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import type { SandboxMail } from "../api/schema";
import { CopyButton } from "../ui/copy.tsx";
import { Failed } from "../ui/failed.tsx";
import { Fact, Facts, Panel } from "../ui/panel.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { exactTime } from "../ui/time.tsx";
import { headersOf } from "./mail_headers.ts";

// The one answer that is no JSON: the message itself.
async function source(id: string) {
	const params = { path: { id } };
	const { data, ...rest } = await api.GET("/api/v1/operator/sandbox/mail/{id}/raw", {
		params,
		parseAs: "text",
	});
	return data === undefined ? rest : { ...rest, data: { data } };
}

const raw = (id: string) =>
	queryOptions({
		queryKey: ["operator", "sandbox", "raw", id],
		queryFn: () => take(source(id)),
		// What was captured does not change.
		staleTime: Number.POSITIVE_INFINITY,
		refetchInterval: false,
	});

const views = ["Rendered", "Headers", "Source"] as const;

interface MailPanelProps {
	id: string;
	/** What the list knows of it, if it is on this page of the list. */
	known: SandboxMail | undefined;
	/** Whether the list is still to come. */
	awaited: boolean;
	closed: string;
}

/** One captured message: as a reader sees it, its headers, its source. */
export function MailPanel({ id, known, awaited, closed }: MailPanelProps) {
	const [view, setView] = useState<(typeof views)[number]>("Rendered");
	return (
		<Panel title={known ? known.subject || "No subject" : awaited ? " " : "Captured mail"} closed={closed}>
			{awaited && <Skeleton className="h-[76px] w-full shrink-0" />}
			{known && (
				<Facts>
					<Fact name="From">{known.from || "the empty address of a report"}</Fact>
					<Fact name="To">{known.to.join(", ")}</Fact>
					<Fact name="Captured">
						{exactTime(known.receivedAt)}, for {known.relay}
					</Fact>
				</Facts>
			)}
			<div className="flex min-h-0 flex-1 flex-col gap-3">
				<div role="tablist" aria-label="View" className="flex gap-1 border-b border-line">
					{views.map((name) => (
						<button
							key={name}
							type="button"
							role="tab"
							aria-selected={name === view}
							onClick={() => setView(name)}
							className="-mb-px border-b-2 border-transparent px-3 py-2 text-soft hover:text-ink aria-selected:border-ink aria-selected:text-ink"
						>
							{name}
						</button>
					))}
				</div>
				{view === "Rendered" ? <Rendered id={id} /> : <Written id={id} headers={view === "Headers"} />}
			</div>
		</Panel>
	);
}

/**
 * What strangers wrote, drawn as they meant it: in a frame that may run nothing,
 * submit nothing, open nothing and has no origin; its own policy lets it load
 * nothing. On white, as mail is written.
 */
function Rendered({ id }: { id: string }) {
	return (
		<iframe
			title="The message"
			sandbox=""
			referrerPolicy="no-referrer"
			src={`/api/v1/operator/sandbox/mail/${encodeURIComponent(id)}/html`}
			className="card min-h-96 w-full flex-1"
			style={{ background: "#fff", colorScheme: "light" }}
		/>
	);
}

function Written({ id, headers }: { id: string; headers: boolean }) {
	const { data, error, refetch } = useQuery(raw(id));
	if (data === undefined) {
		return error ? (
			<Failed what="The source" error={error} again={refetch} />
		) : (
			<Skeleton className="h-96 w-full" />
		);
	}
	if (headers) {
		return (
			<dl className="card divide-y divide-line text-sm">
				{headersOf(data).map(([name, value], i) => (
					<div key={`${i}/${name}`} className="px-3 py-2">
						<dt className="text-soft">{name}</dt>
						<dd className="mono break-words">{value}</dd>
					</div>
				))}
			</dl>
		);
	}
	return (
		<>
			<div>
				<CopyButton text={data} />
			</div>
			<pre className="mono card min-h-0 overflow-auto p-3 text-xs">{data}</pre>
		</>
	);
}
