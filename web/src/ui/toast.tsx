import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";

type Say = (text: string) => void;

const Toasts = createContext<Say>(() => {});

const stays = 5000;

/** Gives everything inside a way to say one sentence in passing. */
export function ToastProvider({ children }: { children: ReactNode }) {
	const [said, setSaid] = useState<{ text: string; n: number } | null>(null);
	const say = useCallback<Say>((text) => setSaid((before) => ({ text, n: (before?.n ?? 0) + 1 })), []);
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const element = box.current;
		if (!said || !element) {
			return;
		}
		// The top layer is the only place above a modal dialog.
		element.hidePopover();
		element.showPopover();
		const timer = setTimeout(() => setSaid(null), stays);
		return () => clearTimeout(timer);
	}, [said]);
	return (
		<Toasts value={say}>
			{children}
			<div
				ref={box}
				popover="manual"
				role="status"
				className={`pointer-events-none fixed inset-auto bottom-6 left-1/2 m-0 max-w-[90vw] -translate-x-1/2 rounded-md bg-ink px-4 py-2 text-ground ${said ? "" : "invisible"}`}
			>
				{said?.text}
			</div>
		</Toasts>
	);
}

/** Says one sentence at the foot of the page. Errors belong beside their cause. */
export function useToast(): Say {
	return useContext(Toasts);
}
