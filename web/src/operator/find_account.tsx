import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import type { OperatorAccount } from "../api/schema";
import { Field, Input } from "../ui/field.tsx";
import { accounts } from "./queries.ts";

const few = 5;

interface FindAccountProps {
	label: string;
	/** The ids of those that are not to be found. */
	without: readonly string[];
	busy: boolean;
	onPick(account: OperatorAccount): void;
}

/** Finds an account by the beginning of its address or name. */
export function FindAccount({ label, without, busy, onPick }: FindAccountProps) {
	const [typed, setTyped] = useState("");
	const q = useDeferredValue(typed.trim());
	const found = useQuery({ ...accounts(q, { offset: 0 }), enabled: q !== "", refetchInterval: false });
	const matches =
		q === "" ? [] : (found.data?.items ?? []).filter((account) => !without.includes(account.id));
	const nobody = q !== "" && found.isSuccess && !found.isPlaceholderData && matches.length === 0;
	return (
		<Field
			label={label}
			help={nobody ? "Nobody else begins like this." : "The beginning of an address or a name."}
			error={found.error?.message}
		>
			{(control) => (
				<>
					<Input
						{...control}
						autoComplete="off"
						maxLength={200}
						value={typed}
						onChange={(event) => setTyped(event.target.value)}
					/>
					{matches.length > 0 && (
						<ul className="card divide-y divide-line">
							{matches.slice(0, few).map((account) => (
								<li key={account.id}>
									<button
										type="button"
										disabled={busy}
										onClick={() => {
											setTyped("");
											onPick(account);
										}}
										className="flex min-h-10 w-full items-center justify-between gap-3 px-3 text-left hover:bg-sunken"
									>
										<span className="min-w-0 truncate">{account.email}</span>
										<span className="min-w-0 truncate text-soft">{account.name}</span>
									</button>
								</li>
							))}
						</ul>
					)}
				</>
			)}
		</Field>
	);
}
