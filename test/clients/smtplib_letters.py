"""Sends letters as applications do that use Python's smtplib:

    python3 smtplib_letters.py PORT KEY FOLDER

Each letter goes to NAME@example.com, and is kept in FOLDER as NAME.eml, byte for
byte as it was handed over.
"""

import pathlib
import smtplib
import ssl
import sys
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

port, key, folder = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
data = bytes(i * 7 % 256 for i in range(4096))


def letter(name, subject, **how):
    m = EmailMessage(policy=how.get("policy", policy.SMTP))
    m["From"] = "Aviso <noreply@aviso.test>"
    m["To"] = f"Reader <{name}@example.com>"
    m["Date"] = formatdate()
    m["Message-ID"] = make_msgid(domain="example.com")
    m["Subject"] = subject
    return m


def letters():
    m = letter("text", "Order 1")
    m.set_content("Hello,\n\n.\n..dots\nFrom here\n")
    yield "text", m

    m = letter("html", "Order 2")
    m.set_content("<p>Hello</p>\n", subtype="html")
    yield "html", m

    m = letter("attachment", "Files")
    m.set_content("See there.\n")
    m.add_attachment(data, maintype="application", subtype="octet-stream", filename="größe.bin")
    yield "attachment", m

    m = letter("inline", "Picture")
    m.set_content('<img src="cid:picture@example.com">\n', subtype="html")
    m.add_related(data, maintype="image", subtype="png", cid="<picture@example.com>")
    yield "inline", m

    m = letter("unicode", "Größe 42 — 到货 😀")
    m.set_content("Größe 42 ist da. 到货 😀\n")
    m.add_alternative("<p>到货</p>\n", subtype="html")
    yield "unicode", m

    m = letter("8bit", "8-bit")
    m.set_content("Größe 42 ist da.\n到货 😀\n", cte="8bit")
    yield "8bit", m

    m = letter("utf8", "到货 in the header itself", policy=policy.SMTPUTF8)
    m.set_content("到货\n", cte="8bit")
    yield "utf8", m


with smtplib.SMTP("127.0.0.1", port) as s:
    s.starttls(context=ssl._create_unverified_context())
    s.login("anybody", key)
    for name, m in letters():
        raw = m.as_bytes()
        (folder / f"{name}.eml").write_bytes(raw)
        options = ["BODY=8BITMIME"] + (["SMTPUTF8"] if name == "utf8" else [])
        s.sendmail("noreply@aviso.test", [f"{name}@example.com"], raw, options)
