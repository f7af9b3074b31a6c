import { createContext, type ReactNode, useContext, useState } from "react";

/** The tokens made since the page was opened, by product. */
interface Fresh {
	email?: string;
	sms?: string;
}

type Keep = (product: keyof Fresh, token: string) => void;

const Tokens = createContext<[Fresh, Keep]>([{}, () => {}]);

/**
 * Remembers a token that was just made, so that snippets can hold it. Only in
 * memory: it is gone with the page.
 */
export function FreshTokenProvider({ children }: { children: ReactNode }) {
	const [tokens, setTokens] = useState<Fresh>({});
	const keep: Keep = (product, token) => setTokens((before) => ({ ...before, [product]: token }));
	return <Tokens value={[tokens, keep]}>{children}</Tokens>;
}

/** The tokens made here, and a way to add one. */
export function useFreshTokens(): [Fresh, Keep] {
	return useContext(Tokens);
}
