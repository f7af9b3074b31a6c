// The order matters: most browsers also call themselves something older.
const browsers: readonly [RegExp, string][] = [
	[/Edg(?:e|A|iOS)?\/(\d+)/, "Edge"],
	[/OPR\/(\d+)/, "Opera"],
	[/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
	[/(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
	[/Version\/(\d+).*Safari/, "Safari"],
	[/^curl\/(\d+)/, "curl"],
];

const systems: readonly [RegExp, string][] = [
	[/Android/, "Android"],
	[/iPhone|iPad/, "iOS"],
	[/Windows/, "Windows"],
	[/Mac OS X|Macintosh/, "macOS"],
	[/CrOS/, "ChromeOS"],
	[/Linux/, "Linux"],
];

/** What a browser's name for itself means: "Firefox 148 on Linux". */
export function browserOf(userAgent: string): string {
	const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
	for (const [pattern, name] of browsers) {
		const version = pattern.exec(userAgent)?.[1];
		if (version) {
			return `${name} ${version}${system ? ` on ${system}` : ""}`;
		}
	}
	return userAgent || "unknown browser";
}
