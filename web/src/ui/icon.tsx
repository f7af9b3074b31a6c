/** Outlines on a grid of 16, in the colour of the text around them. */
const outlines = {
	check: "M3 8.5 6.5 12 13 4.5",
	double: "M1 8.5 4.2 12 9.5 5M7.4 11 8.3 12 15 4.5",
	clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.5V8l2.4 1.6",
	cross: "M4 4l8 8M12 4l-8 8",
	question: "M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.6M8 12.4v.1",
	arrow: "M2.5 8h11M9.5 4l4 4-4 4",
	slash: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M3.7 3.7l8.6 8.6",
	pause: "M5.5 3.5v9M10.5 3.5v9",
	bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
	menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
	person: "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8M2.8 13.8a5.3 5.3 0 0 1 10.4 0",
	search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.2 3.2",
	copy: "M5.5 5.5V3a1 1 0 0 1 1-1H13a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-2.5M3 5.5h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1",
	dots: "M2.6 8h.8M7.6 8h.8M12.6 8h.8",
	down: "M4 6l4 4 4-4",
	start: "M3 3.5h10M3 8h10M3 12.5h6",
	mail: "M2 4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1zM2.3 4.2 8 8.8l5.7-4.6",
	text: "M2 4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1H7L4 14v-2.5H3a1 1 0 0 1-1-1z",
	gauge: "M2.2 11.5a6.2 6.2 0 1 1 11.6 0M8 10.5 11 6",
	book: "M8 4v9.5M8 4c-1-1-2.6-1.4-5.5-1.4v9.3c2.9 0 4.5.5 5.5 1.6 1-1.1 2.6-1.6 5.5-1.6V2.6C10.6 2.6 9 3 8 4",
	warning: "M8 2 1.8 13.2h12.4zM8 6.5v3M8 11.4v.1",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof outlines;

/** An icon is decoration: the word beside it says the same. */
export function Icon({
	name,
	size = 16,
	className = "",
}: {
	name: IconName;
	size?: number;
	className?: string;
}) {
	return (
		<svg
			aria-hidden="true"
			className={`shrink-0 ${className}`}
			width={size}
			height={size}
			viewBox="0 0 16 16"
			fill="none"
			stroke="currentColor"
			strokeWidth="1.6"
			strokeLinecap="round"
			strokeLinejoin="round"
		>
			<path d={outlines[name]} />
		</svg>
	);
}
