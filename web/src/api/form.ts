import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { Failure } from "./failure.ts";

interface Deed<Input, Output> {
	/** The call. */
	act(input: Input): Promise<Output>;
	/** What it changes: these queries are read again. */
	changes?: readonly QueryKey[];
	/** After it succeeded. */
	after?(output: Output, input: Input): void;
}

/** Something the reader does: under way, refused, done. */
export function useDeed<Output, Input = void>({ act, changes = [], after }: Deed<Input, Output>) {
	const client = useQueryClient();
	// The second click of a double click comes before the button is drawn as busy.
	const underWay = useRef(false);
	const deed = useMutation({
		mutationFn: act,
		onSuccess: (output, input) => {
			for (const queryKey of changes) {
				void client.invalidateQueries({ queryKey });
			}
			after?.(output, input);
		},
		onSettled: () => {
			underWay.current = false;
		},
	});
	return {
		do: (input: Input) => {
			if (!underWay.current) {
				underWay.current = true;
				deed.mutate(input);
			}
		},
		busy: deed.isPending,
		// That the session has ended is said, and mended, for the page as a whole.
		failure: deed.error && deed.error.code !== "UNAUTHENTICATED" ? deed.error : undefined,
		reset: deed.reset,
	};
}

/** The sentence that belongs below a field. */
export function at(failure: Failure | undefined, field: string): string | undefined {
	return failure?.field === field ? failure.message : undefined;
}

/** The sentence that belongs to none of the fields that are shown. */
export function elsewhere(failure: Failure | undefined, ...fields: string[]): string | undefined {
	return failure && !fields.includes(failure.field ?? "") ? failure.message : undefined;
}
