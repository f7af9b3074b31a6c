import { lexer, type Token, type Tokens } from "marked";
import type { ReactNode } from "react";

/**
 * Draws the Markdown of our own descriptions. Only the reader of it is borrowed:
 * elements are made here, one by one, and HTML inside is text.
 */
export function Markdown({ text, heading = "h3" }: { text: string; heading?: "h2" | "h3" }) {
	return <div className="flex flex-col gap-3">{blocks(lexer(text), heading)}</div>;
}

/** A single line of it, without a paragraph around. */
export function MarkdownLine({ text }: { text: string }) {
	return <>{lexer(text).map((token) => inline("tokens" in token ? (token.tokens ?? []) : [token]))}</>;
}

function blocks(tokens: Token[], Heading: "h2" | "h3" = "h3"): ReactNode[] {
	return tokens.map((token, i) => <Block key={i} token={token} Heading={Heading} />);
}

function Block({ token, Heading }: { token: Token; Heading: "h2" | "h3" }): ReactNode {
	switch (token.type) {
		case "paragraph":
			return <p>{inline(token.tokens ?? [])}</p>;
		case "text":
			return <>{inline(token.tokens ?? [token])}</>;
		case "heading":
			return <Heading className="mt-3 text-lg font-semibold">{inline(token.tokens ?? [])}</Heading>;
		case "code":
			return <Pre>{token.text}</Pre>;
		case "list":
			return <List list={token as Tokens.List} />;
		case "table":
			return <TableOf table={token as Tokens.Table} />;
		case "space":
			return null;
		default:
			return <p>{token.raw}</p>;
	}
}

/** Code as it is, scrolled rather than broken. */
export function Pre({ children }: { children: string }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls has to be reachable by keyboard.
		<pre tabIndex={0} className="card mono overflow-x-auto p-3 text-sm leading-5">
			{children}
		</pre>
	);
}

function List({ list }: { list: Tokens.List }) {
	const items = list.items.map((item, i) => (
		<li key={i} className="pl-1">
			{blocks(item.tokens)}
		</li>
	));
	return list.ordered ? (
		<ol className="flex list-decimal flex-col gap-1 pl-6">{items}</ol>
	) : (
		<ul className="flex list-disc flex-col gap-1 pl-6">{items}</ul>
	);
}

function TableOf({ table }: { table: Tokens.Table }) {
	return (
		<div className="card overflow-x-auto">
			<table className="w-full text-left text-sm">
				<thead>
					<tr>
						{table.header.map((cell, i) => (
							<th key={i} className="border-b border-line px-3 py-2 font-medium text-soft">
								{inline(cell.tokens)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{table.rows.map((row, n) => (
						<tr key={n}>
							{row.map((cell, i) => (
								<td key={i} className="border-b border-line px-3 py-2 align-top">
									{inline(cell.tokens)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function inline(tokens: Token[]): ReactNode[] {
	return tokens.map((token, i) => <Inline key={i} token={token} />);
}

function Inline({ token }: { token: Token }): ReactNode {
	switch (token.type) {
		case "codespan":
			return <code className="mono rounded bg-sunken px-1 py-px break-words">{token.text}</code>;
		case "strong":
			return <strong className="font-semibold">{inline(token.tokens ?? [])}</strong>;
		case "em":
			return <em>{inline(token.tokens ?? [])}</em>;
		case "escape":
			return <>{token.text}</>;
		case "text":
			return <>{"tokens" in token && token.tokens ? inline(token.tokens) : token.text}</>;
		default:
			return <>{token.raw}</>;
	}
}
