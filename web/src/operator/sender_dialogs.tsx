import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, done, take } from "../api/client.ts";
import type { Failure } from "../api/failure.ts";
import { at, elsewhere, useDeed } from "../api/form.ts";
import type { Sender } from "../api/schema";
import { Confirm } from "../ui/confirm.tsx";
import { Field, Select, TextField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form_dialog.tsx";
import { useToast } from "../ui/toast.tsx";
import { wholeNumber } from "./input.ts";
import { relays, root } from "./queries.ts";

const changes = [["operator"], ["email"]];

/** What can be said of a sender besides its address; as it stands in the fields. */
interface Settings {
	displayName: string;
	global: boolean;
	relay: string;
	dailyCap: string;
}

const fields = ["displayName", "global", "relay", "dailyCap"];

/** The cap as it is typed: null for none, undefined for what is no cap. */
function capOf({ dailyCap }: Settings): number | null | undefined {
	if (dailyCap.trim() === "") {
		return null;
	}
	const cap = wholeNumber(dailyCap);
	return cap !== undefined && cap > 0 ? cap : undefined;
}

// What is empty is taken away.
function bodyOf(settings: Settings) {
	return {
		displayName: settings.displayName.trim() || null,
		global: settings.global,
		relay: settings.relay || null,
		dailyCap: capOf(settings) ?? null,
	};
}

/** Adds an address to send from. */
export function NewSender({ onClose }: { onClose(): void }) {
	const [address, setAddress] = useState("");
	const [settings, setSettings] = useState<Settings>({
		displayName: "",
		global: false,
		relay: "",
		dailyCap: "",
	});
	const [, go] = useLocation();
	const add = useDeed({
		act: () =>
			take(api.POST("/api/v1/operator/senders", { body: { address: address.trim(), ...bodyOf(settings) } })),
		changes,
		after: (sender) => {
			onClose();
			go(`${root}/senders/${encodeURIComponent(sender.id)}`);
		},
	});
	return (
		<FormDialog
			title="New sender"
			action="Add the sender"
			busy={add.busy}
			error={elsewhere(add.failure, "address", ...fields)}
			onSubmit={() => capOf(settings) !== undefined && add.do()}
			onClose={onClose}
		>
			<TextField
				label="Address"
				error={at(add.failure, "address")}
				autoFocus
				inputMode="email"
				autoComplete="off"
				maxLength={320}
				placeholder="orders@example.com"
				value={address}
				onChange={setAddress}
			/>
			<SettingFields settings={settings} onChange={setSettings} failure={add.failure} />
		</FormDialog>
	);
}

/** Changes what a sender is called, who may use it, and how much. */
export function ChangeSender({ sender, onClose }: { sender: Sender; onClose(): void }) {
	const [settings, setSettings] = useState<Settings>({
		displayName: sender.displayName,
		global: sender.global,
		relay: sender.relay ?? "",
		dailyCap: sender.dailyCap === null ? "" : String(sender.dailyCap),
	});
	const say = useToast();
	const save = useDeed({
		act: () =>
			take(
				api.PATCH("/api/v1/operator/senders/{id}", {
					params: { path: { id: sender.id } },
					body: bodyOf(settings),
				}),
			),
		changes,
		after: () => {
			say(`${sender.address} is saved.`);
			onClose();
		},
	});
	return (
		<FormDialog
			title={sender.address}
			action="Save the sender"
			busy={save.busy}
			error={elsewhere(save.failure, ...fields)}
			onSubmit={() => capOf(settings) !== undefined && save.do()}
			onClose={onClose}
		>
			<SettingFields settings={settings} onChange={setSettings} failure={save.failure} />
		</FormDialog>
	);
}

interface SettingFieldsProps {
	settings: Settings;
	onChange(settings: Settings): void;
	failure: Failure | undefined;
}

function SettingFields({ settings, onChange, failure }: SettingFieldsProps) {
	const known = useQuery(relays).data?.items ?? [];
	const set = (part: Partial<Settings>) => onChange({ ...settings, ...part });
	return (
		<>
			<TextField
				label="Name"
				help="Stands before the address in From. Optional."
				error={at(failure, "displayName")}
				autoComplete="off"
				maxLength={100}
				value={settings.displayName}
				onChange={(value) => set({ displayName: value })}
			/>
			<Field
				label="Relay"
				help="Where the domain allows one relay only, choose it."
				error={at(failure, "relay")}
			>
				{(control) => (
					<Select
						{...control}
						value={settings.relay}
						onChange={(event) => set({ relay: event.target.value })}
					>
						<option value="">Any, in the order of the configuration</option>
						{settings.relay && !known.some((relay) => relay.name === settings.relay) && (
							<option value={settings.relay}>{settings.relay}, not configured</option>
						)}
						{known.map((relay) => (
							<option key={relay.name} value={relay.name}>
								{relay.name}
							</option>
						))}
					</Select>
				)}
			</Field>
			<TextField
				label="Daily cap"
				help="Recipients from 00:00 UTC; what is beyond waits for the next day. Empty for none."
				error={
					capOf(settings) === undefined ? "Write a number above 0, such as 5000." : at(failure, "dailyCap")
				}
				inputMode="numeric"
				autoComplete="off"
				value={settings.dailyCap}
				onChange={(value) => set({ dailyCap: value })}
				className="max-w-40"
			/>
			<label className="flex items-center gap-2">
				<input
					type="checkbox"
					checked={settings.global}
					onChange={(event) => set({ global: event.target.checked })}
				/>
				Open to every account
			</label>
		</>
	);
}

/** Removes a sender for good. */
export function DeleteSender({ sender, onClose }: { sender: Sender; onClose(): void }) {
	const [, go] = useLocation();
	const say = useToast();
	const remove = useDeed({
		act: () => done(api.DELETE("/api/v1/operator/senders/{id}", { params: { path: { id: sender.id } } })),
		changes,
		after: () => {
			say(`${sender.address} is removed.`);
			onClose();
			go(`${root}/senders`);
		},
	});
	return (
		<Confirm
			title={`Remove ${sender.address}`}
			action="Remove the sender"
			name={sender.address}
			busy={remove.busy}
			error={remove.failure?.message}
			onConfirm={() => remove.do()}
			onClose={onClose}
		>
			<p>
				Calls that name it are refused at once. What was accepted from it still goes out. Accounts that had it
				as their default send from the installation's.
			</p>
		</Confirm>
	);
}
