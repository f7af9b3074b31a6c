/** Where the pages of texts stand. */
export const root = "/dashboard/sms";

/** Stands in an address where the number of a text is not known. */
export const someone = "-";

/** The address of a conversation, or of one text in it. */
export function conversationPath(peer: string, id?: string): string {
	const path = `${root}/messages/${encodeURIComponent(peer)}`;
	return id ? `${path}/${encodeURIComponent(id)}` : path;
}

/** The number in an address: what the router has left of its escapes is taken off. */
export function peerIn(param: string): string {
	try {
		return decodeURIComponent(param);
	} catch {
		return param;
	}
}
