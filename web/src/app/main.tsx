import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Events } from "../api/events.ts";
import { newQueryClient } from "../api/queries.ts";
import { App } from "./app.tsx";
import { applyTheme } from "./theme.ts";

applyTheme();
const page = document.getElementById("page");
if (page) {
	const events = new Events();
	createRoot(page).render(
		<StrictMode>
			<App client={newQueryClient(events.connected)} events={events} />
		</StrictMode>,
	);
}
