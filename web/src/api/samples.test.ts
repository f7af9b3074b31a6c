import { expect, test } from "vitest";
import { emailSamples, smsSamples } from "./samples.ts";

const call = { url: "http://localhost:8080", token: "hyd-mail-abc", to: "ada@example.com" };

test.each(emailSamples(call))("$language sends the email with the key", ({ code }) => {
	expect(code).toContain("http://localhost:8080/api/v1/email/send");
	expect(code).toContain("Bearer hyd-mail-abc");
	expect(code).toContain("ada@example.com");
});

test.each(smsSamples({ ...call, to: "+447700900123" }))(
	"$language sends the text with the bare token",
	({ code }) => {
		expect(code).toContain("http://localhost:8080/api/messages");
		expect(code).toContain("hyd-mail-abc");
		expect(code).not.toContain("Bearer");
		expect(code).toContain("+447700900123");
	},
);
