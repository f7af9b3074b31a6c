"""Tries to send one message and prints the reply that it ends with:

    python3 smtplib_try.py PORT KEY FROM RECIPIENTS BYTES TIMES

RECIPIENTS is how many there are, BYTES how large the body is. TIMES messages are
sent in one session, and the reply to the last is printed, as

    WHERE CODE TEXT

where WHERE is auth, mail, rcpt, data or sent.
"""

import smtplib
import ssl
import sys

port, key, sender, recipients, size, times = sys.argv[1:]
message = f"From: {sender}\r\nSubject: try\r\n\r\n" + ("a" * 98 + "\r\n") * (int(size) // 100)
to = [f"{i}@example.com" for i in range(int(recipients))]


def attempt(s):
    """Is SMTP.sendmail, without hiding the reply to the final dot."""
    code, text = s.mail(sender, [f"SIZE={len(message)}"] if int(times) > 0 else [])
    if code != 250:
        return "mail", code, text
    refused = [r for r in (s.rcpt(t) for t in to) if r[0] != 250]
    if len(refused) == len(to):
        return "rcpt", *refused[0]
    code, text = s.data(message)
    if code == 250 and refused:
        return "rcpt", *refused[0]
    return "sent" if code == 250 else "data", code, text


with smtplib.SMTP("127.0.0.1", int(port)) as s:
    s.starttls(context=ssl._create_unverified_context())
    try:
        s.login("anybody", key)
        # A negative number of TIMES does without the SIZE parameter.
        for _ in range(abs(int(times))):
            where, code, text = attempt(s)
    except smtplib.SMTPAuthenticationError as e:
        where, code, text = "auth", e.smtp_code, e.smtp_error
    except smtplib.SMTPDataError as e:
        where, code, text = "data", e.smtp_code, e.smtp_error
    print(where, code, text.decode())
