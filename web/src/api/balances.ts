import { queryOptions } from "@tanstack/react-query";
import { api, take } from "./client.ts";

/** The balance of email, and the end of the unlimited tier. */
export const emailCredits = queryOptions({
	queryKey: ["email", "credits", "balance"],
	queryFn: () => take(api.GET("/api/v1/email/credits")),
});

/** The balance of texts. */
export const smsCredits = queryOptions({
	queryKey: ["sms", "credits", "balance"],
	queryFn: () => take(api.GET("/api/v1/sms/credits")),
});
