package submission_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/email"
	"aviso/submission"
)

const letter = `From: Shop <noreply@mail.test>
To: Ada <ada@x.test>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Sun, 1 Mar 2026 12:00:00 +0000
Message-ID: <1@shop.test>

.one dot
..two dots
`

// The way of a message: every reply, what the relay got, what the log has.
func TestMessage(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := h.dial(t)
		s.converse(`
			S: 220 mail.test ESMTP
			C: EHLO client.test
			S: 250-mail.test
			S: 250-PIPELINING
			S: 250-SIZE 10485760
			S: 250-8BITMIME
			S: 250-SMTPUTF8
			S: 250-ENHANCEDSTATUSCODES
			S: 250 STARTTLS
			C: STARTTLS
			S: 220 2.0.0 Go ahead
			TLS
			C: EHLO client.test
			S: 250-mail.test
			S: 250-PIPELINING
			S: 250-SIZE 10485760
			S: 250-8BITMIME
			S: 250-SMTPUTF8
			S: 250-ENHANCEDSTATUSCODES
			S: 250 AUTH PLAIN LOGIN
			C: AUTH PLAIN ` + plain(c.token) + `
			S: 235 2.7.0 Welcome
			C: MAIL FROM:<ignored@elsewhere.test> SIZE=300 BODY=8BITMIME SMTPUTF8 AUTH=<>
			S: 250 2.1.0 OK
			C: RCPT TO:<ada@x.test>
			S: 250 2.1.5 OK
			C: rcpt to:<ADA@X.test>
			S: 250 2.1.5 OK
			C: RCPT TO:<hidden@x.test>
			S: 250 2.1.5 OK
			C: DATA
			S: 354 Go ahead, and end with a dot on a line of its own`)
		s.write(stuffed(crlf(letter)) + ".\r\n")
		id := strings.TrimSuffix(strings.TrimPrefix(s.expect("250 2.0.0 Sent as "), "250 2.0.0 Sent as "), ".")
		s.converse("C: QUIT\nS: 221 2.0.0 Bye\nEND")

		sent := h.relay.Messages()
		if len(sent) != 1 || string(sent[0].Data) != crlf(letter) || !strings.HasPrefix(sent[0].Mail, "FROM:<noreply@mail.test>") {
			t.Fatalf("the relay got %+v", sent)
		}
		if fmt.Sprint(sent[0].To) != "[ada@x.test hidden@x.test]" {
			t.Errorf("to %v", sent[0].To)
		}
		m := c.logged(t)[0]
		if m.ID != id || m.Channel != email.SMTP || m.Status != email.Sent || m.Subject != "Grüße" || m.SMTPMessageID != "<1@shop.test>" || m.Charged != 2 {
			t.Errorf("%+v", m)
		}
		if r := m.Recipients; r[0].Kind != email.To || r[1].Kind != email.Bcc {
			t.Errorf("%+v", r)
		}
		if got := c.balance(t); got != 8 {
			t.Errorf("balance %d", got)
		}
	})
}

// Nothing is offered, taken or learnt before TLS and a key.
func TestLocked(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := h.dial(t)
		s.converse(`
			S: 220 mail.test ESMTP
			C: MAIL FROM:<a@b.test>
			S: 530 5.7.0 Say STARTTLS first.
			C: HELO client.test
			S: 250 mail.test
			C: AUTH PLAIN ` + plain(c.token) + `
			S: 530 5.7.0 Say STARTTLS first.
			C: MAIL FROM:<a@b.test>
			S: 530 5.7.0 Say STARTTLS first.
			C: RCPT TO:<a@b.test>
			S: 530 5.7.0 Say STARTTLS first.
			C: DATA
			S: 530 5.7.0 Say STARTTLS first.
			C: STARTTLS
			S: 220 2.0.0 Go ahead
			TLS
			C: AUTH PLAIN ` + plain(c.token) + `
			S: 503 5.5.1 Say EHLO first.
			C: EHLO client.test
			S: 250-mail.test
			S: 250-PIPELINING
			S: 250-SIZE 10485760
			S: 250-8BITMIME
			S: 250-SMTPUTF8
			S: 250-ENHANCEDSTATUSCODES
			S: 250 AUTH PLAIN LOGIN
			C: STARTTLS
			S: 503 5.5.1 The command is out of place.
			C: MAIL FROM:<a@b.test>
			S: 530 5.7.0 Authenticate first, with an API key as the password.
			C: RCPT TO:<a@b.test>
			S: 530 5.7.0 Authenticate first, with an API key as the password.
			C: DATA
			S: 530 5.7.0 Authenticate first, with an API key as the password.
			C: AUTH PLAIN ` + plain(c.token) + `
			S: 235 2.7.0 Welcome
			C: AUTH PLAIN ` + plain(c.token) + `
			S: 503 5.5.1 The command is out of place.
			C: DATA
			S: 503 5.5.1 The command is out of place.
			C: RCPT TO:<a@b.test>
			S: 503 5.5.1 The command is out of place.`)
		if n := h.relay.Count("CONNECT"); n != 0 {
			t.Errorf("the relay was asked %d times", n)
		}
	})
}

// The ways to show a key, and the ways to get it wrong.
func TestAuthentication(t *testing.T) {
	each(t, options{bounds: submission.Bounds{Failures: 1000}}, func(t *testing.T, h *house) {
		c, disabled := h.customer(t, 1), h.customer(t, 1)
		h.write(t, func(tx *db.Tx) error { return account.EnableKey(tx, "test", disabled.key, false) })
		for name, exchange := range map[string]string{
			"PLAIN in one": `
				C: AUTH PLAIN ` + plain(c.token) + `
				S: 235 2.7.0 Welcome`,
			"PLAIN in two": `
				C: auth plain
				S: 334 …
				C: ` + plain(c.token) + `
				S: 235 2.7.0 Welcome`,
			"LOGIN": `
				C: AUTH LOGIN
				S: 334 VXNlcm5hbWU6
				C: dXNlcg==
				S: 334 UGFzc3dvcmQ6
				C: ` + encoded(c.token) + `
				S: 235 2.7.0 Welcome`,
			"LOGIN with the name": `
				C: AUTH LOGIN dXNlcg==
				S: 334 UGFzc3dvcmQ6
				C: ` + encoded(c.token) + `
				S: 235 2.7.0 Welcome`,
			"LOGIN with an empty name": `
				C: AUTH LOGIN =
				S: 334 UGFzc3dvcmQ6
				C: ` + encoded(c.token) + `
				S: 235 2.7.0 Welcome`,
			"unknown": `
				C: AUTH PLAIN ` + plain(account.NewToken(account.Email)) + `
				S: 535 5.7.8 …
				C: AUTH PLAIN ` + plain(c.token) + `
				S: 235 2.7.0 Welcome`,
			"disabled": `
				C: AUTH PLAIN ` + plain(disabled.token) + `
				S: 535 5.7.8 …`,
			"invented": `
				C: AUTH PLAIN ` + plain("secret") + `
				S: 535 5.7.8 …`,
			"a key for texts": `
				C: AUTH PLAIN ` + plain(account.NewToken(account.SMS)) + `
				S: 535 5.7.8 …`,
			"three times": `
				C: AUTH PLAIN ` + plain("1") + `
				S: 535 5.7.8 …
				C: AUTH PLAIN ` + plain("2") + `
				S: 535 5.7.8 …
				C: AUTH PLAIN ` + plain("3") + `
				S: 535 5.7.8 …
				END`,
			"cancelled": `
				C: AUTH LOGIN
				S: 334 VXNlcm5hbWU6
				C: *
				S: 501 5.7.0 The authentication was cancelled.
				C: MAIL FROM:<a@b.test>
				S: 530 5.7.0 …`,
			"not base64": `
				C: AUTH PLAIN ?
				S: 501 5.5.2 The answer is not base64.
				C: AUTH PLAIN dXNlcg==
				S: 501 5.5.4 …
				C: AUTH CRAM-MD5
				S: 504 5.5.4 …
				C: AUTH
				S: 504 5.5.4 …`,
		} {
			t.Run(name, func(t *testing.T) {
				h.encrypted(t).converse(exchange)
			})
		}
		h.shut()
		if log := h.journal.String(); strings.Contains(log, c.token) || strings.Contains(log, disabled.token) || strings.Contains(log, "secret") {
			t.Errorf("a password is in the log:\n%s", log)
		}
	})
}

// Commands that are pipelined are answered in turn, and what is refused in
// between takes nothing along.
func TestPipelining(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := c.login(t)
		s.write(crlf("RSET\nMAIL FROM:<>\nRCPT TO:<bad>\nRCPT TO:<a@x.test>\nRCPT TO:b@x.test\nNOOP\nDATA\n"))
		s.converse(`
			S: 250 2.0.0 OK
			S: 250 2.1.0 OK
			S: 550 5.1.3 An address needs an @, as in ada@example.com.
			S: 250 2.1.5 OK
			S: 250 2.1.5 OK
			S: 250 2.0.0 OK
			S: 354 …`)
		s.write(crlf("Subject: 1\n\n1\n.\nMAIL FROM:<noreply@mail.test>\nRCPT TO:<c@x.test>\nDATA\n"))
		s.expect("250 2.0.0 Sent as ")
		s.converse(`
			S: 250 2.1.0 OK
			S: 250 2.1.5 OK
			S: 354 …`)
		s.write(crlf("Subject: 2\n\n2\n.\nQUIT\n"))
		s.expect("250 2.0.0 Sent as ")
		s.converse("S: 221 2.0.0 Bye\nEND")

		s = c.login(t)
		s.write("MAIL FROM:<> SIZE=99999999\r\n" + strings.Repeat("RCPT TO:<a@x.test>\r\n", 100) + "DATA\r\nNOOP\r\n")
		s.expect("552 5.3.4")
		for range 101 {
			s.expect("503 5.5.1")
		}
		s.expect("250 2.0.0 OK")
		sent := h.relay.Messages()
		if len(sent) != 2 || fmt.Sprint(sent[0].To, sent[1].To) != "[a@x.test b@x.test] [c@x.test]" {
			t.Errorf("the relay got %+v", sent)
		}
	})
}

// What is no command, or at the wrong time, and that a client who says nothing
// else is sent away.
func TestCommands(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := c.login(t)
		for _, exchange := range []struct{ say, want string }{
			{"FOO", "500 5.5.1"},
			{"", "500 5.5.1"},
			{"ETRN x", "502 5.5.1"},
			{"EXPN list", "502 5.5.1"},
			{"VRFY ada", "252 2.5.0"},
			{"EHLO", "501 5.5.4"},
			{"MAIL TO:<a@b.test>", "501 5.5.4"},
			{"MAIL FROM:", "501 5.5.4"},
			{"MAIL FROM:<a@b.test", "501 5.5.4"},
			{"MAIL FROM:<a@b.test>x", "501 5.5.4"},
			{"MAIL FROM:<a@b.test> SIZE=x", "501 5.5.4"},
			{"MAIL FROM:<a@b.test> BODY=BINARYMIME", "501 5.5.4"},
			{"MAIL FROM:<a@b.test> RET=FULL", "555 5.5.4"},
			{"MAIL FROM:<a@b.test> SIZE=10485761", "552 5.3.4"},
			{"MAIL FROM:<a@b.test> SIZE=99999999999999999999", "552 5.3.4"},
			{"MAIL FROM:<a@b.test> SIZE=10485760", "250 2.1.0"},
			{"MAIL FROM:<a@b.test>", "503 5.5.1"},
			{"RCPT TO:<a@b.test> NOTIFY=NEVER", "555 5.5.4"},
			{"RCPT TO:<>", "550 5.1.3"},
			{"RCPT TO:<@x.test:a@b.test>", "550 5.1.3"},
			{"RCPT TO:<\"a b\"@b.test>", "550 5.1.3"},
			{"RCPT TO:<a@[10.0.0.1]>", "550 5.1.3"},
			{"RCPT TO:<a@b.test>", "250 2.1.5"},
			{"DATA now", "501 5.5.4"},
			{"EHLO again.test", "250 AUTH PLAIN LOGIN"},
			{"RCPT TO:<a@b.test>", "503 5.5.1"},
			{"DATA", "503 5.5.1"},
			{strings.Repeat("a", 1023), "500 5.5.2"},
			{strings.Repeat("a", 60_000), "500 5.5.2"},
			{"NO\x00OP", "500 5.5.2"},
			{"NOOP\rNOOP", "500 5.5.2"},
			{"NOOP\nNOOP", "500 5.5.2"}, // and the second is one
			{"NOOP", "250 2.0.0"},
		} {
			s.do(exchange.say, exchange.want)
			if exchange.say == "NOOP\nNOOP" {
				s.expect("250 2.0.0")
			}
		}
		for s.do("FOO", "") != "421 4.7.0 Too many commands that lead nowhere." {
		}
		s.closed()

		s = c.login(t)
		s.write("BDAT 4 LAST\r\nQUIT\r\n")
		s.expect("502 5.5.1")
		s.closed()

		s = c.login(t)
		s.write(strings.Repeat("a", 80_000))
		if rest, err := io.ReadAll(s.r); len(rest) > 0 {
			t.Errorf("a line without end is answered %q, %v", rest, err)
		}
	})
}

// A stranger has only so many words.
func TestStrangersAreShort(t *testing.T) {
	each(t, options{bounds: submission.Bounds{Commands: 5}}, func(t *testing.T, h *house) {
		s := h.dial(t)
		s.expect("220 ")
		for range 5 {
			s.do("NOOP", "250 ")
		}
		s.do("NOOP", "421 4.7.0")
		s.closed()
	})
}

// Commands sent along with STARTTLS, in clear, are never done behind it.
func TestInjection(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		for _, injected := range []string{"NOOP\r\n", "EHLO evil.test\r\nAUTH PLAIN " + plain(c.token) + "\r\n", "\r\n", "x"} {
			s := h.dial(t)
			s.expect("220 ")
			s.do("EHLO client.test", "250 STARTTLS")
			s.write("STARTTLS\r\n" + injected)
			s.expect("501 5.5.1 Nothing may follow STARTTLS.")
			s.closed()
		}
		// What comes after the reply is no command either.
		s := h.dial(t)
		s.expect("220 ")
		s.do("STARTTLS", "220 ")
		s.write("EHLO evil.test\r\n")
		rest, _ := io.ReadAll(s.r)
		if bytes.Contains(rest, []byte("250")) {
			t.Errorf("a command in clear was done: %q", rest)
		}
	})
}
