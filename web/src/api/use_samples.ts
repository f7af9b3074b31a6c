import { useFreshTokens } from "./fresh_token.tsx";
import { emailSamples, type Sample, smsSamples, someEmailKey, someSMSToken } from "./samples.ts";
import { useConfig, useMe } from "./session.ts";

/** The first email as code, with the reader's own key if it was made just now. */
export function useEmailSamples(token?: string): Sample[] {
	const url = useConfig().data?.publicUrl ?? location.origin;
	const to = useMe().data?.email ?? "you@example.com";
	const [fresh] = useFreshTokens();
	return emailSamples({ url, to, token: token ?? fresh.email ?? someEmailKey });
}

/** The first text as code, likewise. The number is one of those kept for examples. */
export function useSMSSamples(token?: string): Sample[] {
	const url = useConfig().data?.smsUrl ?? location.origin;
	const [fresh] = useFreshTokens();
	return smsSamples({ url, to: "+447700900123", token: token ?? fresh.sms ?? someSMSToken });
}
