import { type ReactNode, useRef } from "react";
import { Link } from "wouter";
import { Failed, type Trouble } from "./failed.tsx";
import { useListKeys } from "./list_keys.ts";
import { Skeleton } from "./skeleton.tsx";

/** One column of a table: its head, and what it shows of a row. */
export interface Column<Row> {
	head: string;
	cell(row: Row): ReactNode;
	/** Numbers stand right, so that their digits stand below each other. */
	numeric?: boolean;
	/** A width as CSS; without one the column shares what is left. */
	width?: string;
	/** Left out where there is no room for it, below 900 px. */
	extra?: boolean;
}

/** What a table shows, and how far it is: the state of a query. */
export interface Loading<Row> {
	rows: readonly Row[] | undefined;
	error: Trouble | null;
	again(): unknown;
}

export interface TableProps<Row> extends Loading<Row> {
	/** What the rows are, as the beginning of a sentence: "The log". */
	what: string;
	columns: Column<Row>[];
	id(row: Row): string;
	/** Where a row leads. With it, j and k move and Enter opens. */
	href?(row: Row): string;
	/** The row whose panel is open, and the place to go when it is closed. */
	selected?: string | undefined;
	closed?: string;
	/** Shown in place of no rows: what will be here, and how to get the first. */
	empty: ReactNode;
	/** How many rows to hold room for while they load. */
	expect?: number;
}

/** A list in one of its states: loading, failed, empty, or rows. */
export function Table<Row>(props: TableProps<Row>) {
	const body = useRef<HTMLTableSectionElement>(null);
	useListKeys(body, props.selected, props.closed);
	const { rows } = props;
	if (!rows && props.error) {
		return (
			<div className="card">
				<Failed what={props.what} error={props.error} again={props.again} />
			</div>
		);
	}
	if (rows?.length === 0) {
		return <div className="card">{props.empty}</div>;
	}
	return (
		<div className="card listing-card">
			<table className="listing" aria-busy={!rows}>
				<colgroup>
					{props.columns.map((column) => (
						<col
							key={column.head}
							className={column.extra ? "max-wide:hidden" : ""}
							style={{ width: column.width }}
						/>
					))}
				</colgroup>
				<thead>
					<tr>
						{props.columns.map((column) => (
							<th key={column.head} scope="col" className={place(column)}>
								{column.head}
							</th>
						))}
					</tr>
				</thead>
				<tbody ref={body}>
					{rows ? rows.map((row) => <Line key={props.id(row)} row={row} {...props} />) : <Lines {...props} />}
				</tbody>
			</table>
		</div>
	);
}

function place<Row>(column: Column<Row>): string {
	return `${column.numeric ? "numeric" : ""} ${column.extra ? "max-wide:hidden" : ""}`;
}

function Line<Row>({ row, columns, id, href, selected }: TableProps<Row> & { row: Row }) {
	const isSelected = selected !== undefined && id(row) === selected;
	return (
		<tr aria-selected={href ? isSelected : undefined}>
			{columns.map((column, i) => (
				<td key={column.head} data-head={column.head} className={place(column)}>
					<div className="cell">
						{i === 0 && href ? (
							<Link to={href(row)} data-row className="row-link">
								{column.cell(row)}
							</Link>
						) : (
							column.cell(row)
						)}
					</div>
				</td>
			))}
		</tr>
	);
}

const widths = ["w-3/4", "w-1/2", "w-2/3"];

function Lines<Row>({ columns, expect = 8 }: TableProps<Row>) {
	return Array.from({ length: expect }, (_, line) => (
		<tr key={line}>
			{columns.map((column, i) => (
				<td key={column.head} data-head={column.head} className={place(column)}>
					<Skeleton className={`inline-block h-3.5 align-middle ${widths[(line + i) % 3]}`} />
				</td>
			))}
		</tr>
	));
}
