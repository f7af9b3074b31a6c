/** The header fields of a message in their order, folded lines joined (RFC 5322, section 2.2). */
export function headersOf(source: string): [name: string, value: string][] {
	const fields: [string, string][] = [];
	for (const line of source.split(/\r?\n/)) {
		if (line === "") {
			break;
		}
		const last = fields.at(-1);
		if (/^[ \t]/.test(line) && last) {
			last[1] = `${last[1]} ${line.trim()}`;
			continue;
		}
		const colon = line.indexOf(":");
		// A line that is no field is shown all the same: it is there to be found.
		fields.push(colon > 0 ? [line.slice(0, colon).trimEnd(), line.slice(colon + 1).trim()] : ["", line]);
	}
	return fields;
}
