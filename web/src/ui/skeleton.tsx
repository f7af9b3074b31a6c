/** Holds the place of something that is on its way. */
export function Skeleton({ className = "h-4 w-32" }: { className?: string }) {
	return <span aria-hidden="true" className={`block animate-pulse rounded bg-sunken ${className}`} />;
}
