import type { Recipient } from "../api/schema";
import { State } from "../ui/state.tsx";

/** What became of each recipient, in the relay's words. */
export function RecipientList({ recipients }: { recipients: readonly Recipient[] }) {
	return (
		<ul className="card divide-y divide-line text-sm">
			{recipients.map((recipient) => (
				<li key={recipient.address} className="flex flex-col gap-0.5 px-3 py-2">
					<span className="flex items-start justify-between gap-3">
						<span className="min-w-0 break-words">
							{recipient.kind !== "to" && <span className="text-soft">{recipient.kind} </span>}
							{recipient.address}
						</span>
						<State of={recipient.state} />
					</span>
					{recipient.state !== "taken" && <Reply {...recipient} />}
				</li>
			))}
		</ul>
	);
}

interface Said {
	code: number | null;
	enhancedCode: string | null;
	reply: string | null;
}

/** An answer of SMTP, as it came: 550 5.1.1 No such user. */
export function Reply({ code, enhancedCode, reply }: Said) {
	const words = [code, enhancedCode, reply].filter((part) => part !== null && part !== "").join(" ");
	return words ? <span className="mono break-words text-soft">{words}</span> : null;
}
