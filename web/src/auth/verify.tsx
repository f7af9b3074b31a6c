import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, done } from "../api/client.ts";
import { useDeed } from "../api/form.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { useCarried } from "./address.ts";
import { Sheet } from "./sheet.tsx";

/**
 * Confirms an address with the link of a mail. A press is asked for: programs
 * that look into mail open links too, and must not use them up.
 */
export function Verify() {
	const [token] = useCarried("token");
	const [confirmed, setConfirmed] = useState(false);
	const client = useQueryClient();
	const verify = useDeed({
		act: () => done(api.POST("/api/v1/auth/verify", { body: { token } })),
		after: () => {
			setConfirmed(true);
			void client.invalidateQueries();
		},
	});
	if (confirmed) {
		return (
			<Sheet title="Your address is confirmed">
				<p>You can send now.</p>
				<ButtonLink to="/dashboard" kind="primary">
					Go to the dashboard
				</ButtonLink>
			</Sheet>
		);
	}
	return (
		<Sheet title="Confirm your address">
			{token ? (
				<p>Press once, and what you send can leave.</p>
			) : (
				<p>This address lacks its token. Open the whole link of the mail.</p>
			)}
			<FormError>{verify.failure?.message}</FormError>
			<Button kind="primary" disabled={!token} busy={verify.busy} onClick={() => verify.do()}>
				Confirm the address
			</Button>
		</Sheet>
	);
}
