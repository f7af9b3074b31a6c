import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./build/compress.ts";
import { reference } from "./build/reference.ts";
import { tidy } from "./build/tidy.ts";

const server = process.env.AVISO_URL ?? "http://localhost:8080";

export default defineConfig({
	plugins: [react(), tailwind(), reference(), tidy(), compress()],
	build: {
		// tidy does it.
		emptyOutDir: false,
		// A data: address would need a hole in the content security policy.
		assetsInlineLimit: 0,
		rolldownOptions: {
			output: {
				// What every area needs is one file; an area is one more.
				codeSplitting: { groups: [{ name: "ui", test: /src\/(ui|api)\// }] },
			},
		},
	},
	// `npm --prefix web run dev` shows every change at once, beside a running aviso.
	server: { proxy: { "/api": { target: server, changeOrigin: false } } },
});
