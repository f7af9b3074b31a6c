import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { SandboxMail } from "../api/schema";
import { useEmailSamples } from "../api/use_samples.ts";
import { Empty } from "../ui/empty.tsx";
import { count } from "../ui/figures.ts";
import { useListAddress } from "../ui/list_address.ts";
import { Listing } from "../ui/listing.tsx";
import { Page } from "../ui/page.tsx";
import { placeOf } from "../ui/pager.ts";
import { Snippet } from "../ui/snippet.tsx";
import type { Column } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { MailPanel } from "./mail_panel.tsx";
import { root, sandboxMail } from "./queries.ts";
import { SandboxTabs } from "./tabs.tsx";

const list = `${root}/sandbox`;

const columns: Column<SandboxMail>[] = [
	{
		head: "To",
		cell: (row) => (
			<>
				{row.to[0]}
				{row.to.length > 1 && <span className="text-soft"> +{count(row.to.length - 1)}</span>}
			</>
		),
		width: "28%",
	},
	{ head: "Subject", cell: (row) => row.subject || <span className="text-soft">no subject</span> },
	{ head: "Relay", cell: (row) => row.relay, width: "112px", extra: true },
	{ head: "Size", cell: (row) => size(row.bytes), numeric: true, width: "88px", extra: true },
	{ head: "When", cell: (row) => <Time at={row.receivedAt} />, numeric: true, width: "132px" },
];

function size(bytes: number): string {
	return bytes < 1000 ? `${bytes} B` : `${count(Math.round(bytes / 1000))} kB`;
}

/** The mail that the sandbox took in place of the world. */
export function SandboxMailPage({ selected }: { selected: string | undefined }) {
	const [search] = useSearchParams();
	const { closed, href } = useListAddress(list);
	const page = useQuery(sandboxMail(placeOf(search)));
	const samples = useEmailSamples();
	return (
		<Page
			title="Sandbox inbox"
			intro="What a sandbox relay took: it left for nobody. The newest are kept, the oldest forgotten."
		>
			<SandboxTabs />
			<Listing
				page={page}
				what="The inbox"
				columns={columns}
				id={(row) => row.id}
				href={(row) => href("mail", row.id)}
				selected={selected}
				closed={closed}
				empty={
					<Empty title="Mail that goes to the sandbox will be here, as its reader would see it.">
						<p>Send the first one:</p>
						<Snippet samples={samples} />
					</Empty>
				}
			/>
			{selected && (
				<MailPanel
					key={selected}
					id={selected}
					known={page.data?.items.find((row) => row.id === selected)}
					awaited={page.isPending}
					closed={closed}
				/>
			)}
		</Page>
	);
}
