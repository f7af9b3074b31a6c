import type { OperatorAccount } from "../api/schema";
import { State } from "../ui/state.tsx";

/** Whether an account may do what accounts do. */
export function AccountState({ of }: { of: Pick<OperatorAccount, "suspendedAt" | "emailVerified"> }) {
	if (of.suspendedAt) {
		return <State of="suspended" />;
	}
	return of.emailVerified ? <State of="active" /> : <State of="waiting" label="unconfirmed" />;
}

/** Where an application for SMS stands; none is no state. */
export function SMSState({ of }: { of: OperatorAccount["smsStatus"] }) {
	return of === "none" ? <span className="text-soft">–</span> : <State of={of} />;
}
