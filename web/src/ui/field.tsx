import { type ComponentProps, type ReactNode, useId } from "react";

/** What a control needs to belong to its label and help. */
export interface Control {
	id: string;
	"aria-describedby": string | undefined;
	"aria-invalid": boolean | undefined;
}

interface FieldProps {
	label: string;
	help?: ReactNode;
	/** In place of the help, when there is one. */
	error?: string | undefined;
	children(control: Control): ReactNode;
}

/** Label above, control, help below; an error takes the place of the help. */
export function Field({ label, help, error, children }: FieldProps) {
	const id = useId();
	const below = error ?? help;
	return (
		<div className="flex flex-col gap-1">
			<label htmlFor={id} className="font-medium">
				{label}
			</label>
			{children({
				id,
				"aria-describedby": below ? `${id}-below` : undefined,
				"aria-invalid": error ? true : undefined,
			})}
			{below && (
				<p
					id={`${id}-below`}
					role={error ? "alert" : undefined}
					className={`text-sm ${error ? "text-bad" : "text-soft"}`}
				>
					{below}
				</p>
			)}
		</div>
	);
}

// 16 px on a phone: below that iOS zooms into the field.
const look =
	"w-full min-w-0 rounded-md border border-edge bg-raised px-2.5 text-base text-ink aria-invalid:border-bad max-narrow:text-lg";

/** A line of text. */
export function Input(props: ComponentProps<"input">) {
	return <input type="text" {...props} className={`${look} h-9 max-narrow:h-10 ${props.className ?? ""}`} />;
}

interface TextFieldProps
	extends Omit<FieldProps, "children">,
		Omit<ComponentProps<"input">, "children" | "onChange"> {
	value: string;
	onChange(value: string): void;
}

/** A line of text with its label. */
export function TextField({ label, help, error, onChange, ...input }: TextFieldProps) {
	return (
		<Field label={label} help={help} error={error}>
			{(control) => <Input {...control} {...input} onChange={(event) => onChange(event.target.value)} />}
		</Field>
	);
}

/** One of a few. */
export function Select(props: ComponentProps<"select">) {
	return <select {...props} className={`${look} h-9 pr-1 max-narrow:h-10 ${props.className ?? ""}`} />;
}

/** Several lines of text. */
export function TextArea(props: ComponentProps<"textarea">) {
	return <textarea rows={4} {...props} className={`${look} py-2 ${props.className ?? ""}`} />;
}

/** A form that never leaves the page; Enter submits. */
export function Form({
	onSubmit,
	className = "",
	...rest
}: Omit<ComponentProps<"form">, "onSubmit"> & { onSubmit(): void }) {
	return (
		<form
			noValidate
			className={`flex flex-col gap-4 ${className}`}
			onSubmit={(event) => {
				event.preventDefault();
				onSubmit();
			}}
			{...rest}
		/>
	);
}

/** What went wrong with a form as a whole. */
export function FormError({ children }: { children: ReactNode }) {
	return children ? (
		<p role="alert" className="rounded-md bg-bad-ground px-3 py-2 text-bad">
			{children}
		</p>
	) : null;
}
