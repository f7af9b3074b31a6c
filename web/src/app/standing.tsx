import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { emailCredits, smsCredits } from "../api/balances.ts";
import { useConfig } from "../api/session.ts";
import { credits } from "../ui/figures.ts";
import { sms } from "./nav.ts";

/** Always there where nothing, or one of the two, really leaves. */
export function SandboxMark() {
	const mode = useConfig().data?.mode;
	if (mode?.email !== "sandbox" && mode?.sms !== "sandbox") {
		return null;
	}
	const both = mode.email !== "live" && mode.sms !== "live";
	const what = both ? "" : mode.email === "sandbox" ? "EMAIL " : "SMS ";
	return (
		<span
			title={`Email is ${mode.email}, SMS is ${mode.sms}: what is in the sandbox is captured and does not leave.`}
			className="rounded border border-wait px-1.5 text-xs font-semibold whitespace-nowrap text-wait"
		>
			{what}SANDBOX
		</span>
	);
}

/** The balance of the area one is in. */
export function Balance({ path }: { path: string }) {
	const inSMS = path.startsWith(sms.root);
	const email = useQuery({ ...emailCredits, enabled: !inSMS });
	const texts = useQuery({ ...smsCredits, enabled: inSMS });
	const balance = inSMS ? texts.data?.balance : email.data?.balance;
	const unlimited =
		!inSMS && email.data?.unlimitedUntil && new Date(email.data.unlimitedUntil).getTime() > Date.now();
	return (
		<Link
			to={inSMS ? "/dashboard/sms/credits" : "/dashboard/email/credits"}
			title={inSMS ? "SMS credits" : "Email credits"}
			className="min-w-16 rounded px-1 text-right whitespace-nowrap hover:bg-sunken"
		>
			{unlimited ? "unlimited" : balance === undefined ? " " : credits(balance)}
		</Link>
	);
}
