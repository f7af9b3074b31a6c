// Sends letters as applications do that use nodemailer:
//
//     node nodemailer.mjs FOLDER PORT KEY TO_FOLDER
//
// FOLDER is where nodemailer is installed. Each letter goes to NAME@example.com,
// and is kept in TO_FOLDER as NAME.eml, byte for byte as it was handed over.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const [, , folder, port, key, kept] = process.argv;
const require = createRequire(join(folder, "package.json"));
const nodemailer = require("nodemailer");
const MailComposer = require("nodemailer/lib/mail-composer");

const bytes = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) % 256));
const letters = {
  text: { subject: "Order 1", text: "Hello,\r\n\r\n.\r\n..dots\r\nFrom here\r\n" },
  html: { subject: "Order 2", html: "<p>Hello</p>" },
  attachment: { subject: "Files", text: "See there.", attachments: [{ filename: "größe.bin", content: bytes }] },
  inline: {
    subject: "Picture",
    html: '<img src="cid:picture@example.com">',
    attachments: [{ filename: "a.png", content: bytes, cid: "picture@example.com" }],
  },
  unicode: { subject: "Größe 42 — 到货 😀", text: "Größe 42 ist da. 到货 😀", html: "<p>到货</p>" },
  "8bit": { subject: "8-bit", text: "Größe 42 ist da.\r\n到货 😀\r\n", encoding: "8bit" },
};

const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  requireTLS: true,
  pool: true,
  maxConnections: 2,
  auth: { user: "anybody", pass: key },
  tls: { rejectUnauthorized: false },
});
for (const [name, letter] of Object.entries(letters)) {
  const composed = await new MailComposer({
    from: "Aviso <noreply@aviso.test>",
    to: `Reader <${name}@example.com>`,
    ...letter,
  })
    .compile()
    .build();
  writeFileSync(join(kept, `${name}.eml`), composed);
  const sent = await transport.sendMail({
    envelope: { from: "noreply@aviso.test", to: `${name}@example.com` },
    raw: composed,
  });
  console.log(sent.response);
}
transport.close();
