import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, take } from "../api/client.ts";
import type { Me } from "../api/schema";
import { useConfig } from "../api/session.ts";
import { allDone, type Step, stepsOf } from "./steps.ts";

const emailAccount = queryOptions({
	queryKey: ["email", "account"],
	queryFn: () => take(api.GET("/api/v1/email/account")),
});

/** How texts stand for this account. */
export const smsAccount = queryOptions({
	queryKey: ["sms", "account"],
	queryFn: () => take(api.GET("/api/v1/sms/account")),
});

const texts = (direction: "in" | "out") =>
	queryOptions({
		queryKey: ["sms", "messages", "first", direction],
		queryFn: () => take(api.GET("/api/v1/sms/messages", { params: { query: { direction, limit: 1 } } })),
	});

/** How far the reader has come. */
export interface Progress {
	steps: Step[];
	done: boolean;
	/** Puts the checklist away, done or not. */
	putAway(): void;
}

/** Follows the reader's steps. Once all are done nothing is asked any more. */
export function useProgress(me: Me): Progress {
	const [away, putAway] = usePutAway(me.id);
	const mode = useConfig().data?.mode;
	const enabled = !away && !me.mustChangePassword;
	const withTexts = enabled && mode !== undefined && mode.sms !== "off";
	const email = useQuery({ ...emailAccount, enabled });
	const sms = useQuery({ ...smsAccount, enabled: withTexts });
	const textsOut = useQuery({ ...texts("out"), enabled: withTexts });
	const textsIn = useQuery({ ...texts("in"), enabled: withTexts });
	const steps = stepsOf({
		isOperator: me.role === "admin",
		emailMode: mode?.email,
		smsMode: mode?.sms,
		keys: email.data?.keys,
		emails: email.data && email.data.sentTotal + email.data.queued + email.data.failedTotal,
		smsStatus: sms.data?.status,
		textsOut: textsOut.data?.total,
		shortcodes: sms.data?.shortcodes.used,
		textsIn: textsIn.data?.total,
	});
	const done = away || (mode !== undefined && allDone(steps));
	useEffect(() => {
		if (done && !away) {
			putAway();
		}
	}, [done, away, putAway]);
	return { steps, done, putAway };
}

// It is remembered by the browser, for each account that signs in there.
function usePutAway(account: string): [boolean, () => void] {
	const client = useQueryClient();
	const queryKey = ["started", account];
	const mark = queryKey.join("/");
	const away = useQuery({
		queryKey,
		queryFn: () => localStorage.getItem(mark) !== null,
		initialData: () => localStorage.getItem(mark) !== null,
		staleTime: Number.POSITIVE_INFINITY,
		refetchInterval: false,
	}).data;
	const putAway = () => {
		localStorage.setItem(mark, "done");
		client.setQueryData(queryKey, true);
	};
	return [away, putAway];
}
