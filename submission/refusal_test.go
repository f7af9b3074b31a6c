package submission_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/email"
	"aviso/transport/smtprelay/smtptest"
)

var ada = []string{"ada@x.test"}

// Every refusal of the contract that leaves the session open, and that nothing
// is charged or sent with it.
func TestRefusals(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c, poor := h.customer(t, 10), h.customer(t, 0)
		s := c.login(t)
		for name, refused := range map[string]struct{ from, text, want string }{
			"foreign From":           {"noreply@mail.test", "From: a@b.test\n\n", "550 5.7.1 This account may not send from a@b.test."},
			"foreign MAIL FROM":      {"a@b.test", "Subject: x\n\n", "550 5.7.1 This account may not send from a@b.test."},
			"two From":               {"", "From: noreply@mail.test\nFrom: noreply@mail.test\n\n", "550 5.7.1 "},
			"two in From":            {"", "From: noreply@mail.test, a@b.test\n\n", "550 5.7.1 "},
			"a foreign Sender":       {"", "From: noreply@mail.test\nSender: a@b.test\n\n", "550 5.7.1 "},
			"a bad From":             {"", "From: nobody\n\n", "550 5.1.3 From: "},
			"a bad MAIL FROM":        {"nobody", "Subject: x\n\n", "550 5.1.3 MAIL FROM: "},
			"a long line":            {"", "\n" + strings.Repeat("a", 999) + "\n", "554 5.6.0 Line 2 of the message has over 998 bytes."},
			"a line beyond a buffer": {"", "\n" + strings.Repeat("a", 100_000) + "\n", "554 5.6.0 Line 2 of the message has over 998 bytes."},
			"a NUL":                  {"", "\n\x00\n", "554 5.6.0 Line 2 of the message holds a NUL."},
			"nothing":                {"", "", "554 5.6.0 "},
			"a header without end":   {"", strings.Repeat("A: b\n", 1001), "554 5.6.0 The header may have"},
			"too large":              {"", "\n" + strings.Repeat(strings.Repeat("a", 998)+"\n", 10_486), "552 5.3.4 "},
		} {
			if got := s.send(refused.from, ada, refused.text); !strings.HasPrefix(got, refused.want) {
				t.Errorf("%s: got %q", name, got)
			}
		}
		if got := poor.login(t).send("", ada, "\n"); got != "452 4.2.2 This message costs 1 credits and the account has 0. Buy credits in the dashboard." {
			t.Errorf("no credits: got %q", got)
		}
		if n, balance := len(c.logged(t)), c.balance(t); n != 0 || balance != 10 || h.relay.Count("MAIL") != 0 {
			t.Errorf("%d messages are logged, %d credits left", n, balance)
		}
		s.expectSent(ada)
	})
}

// expectSent sends a message that has to be taken.
func (c *client) expectSent(to []string) {
	c.t.Helper()
	if got := c.send("", to, "Subject: x\n\nx\n"); !strings.HasPrefix(got, "250 2.0.0 Sent as ") {
		c.t.Fatalf("got %q", got)
	}
}

// Exactly ten megabytes are taken, and a byte more is not.
func TestSize(t *testing.T) {
	each(t, options{extensions: []string{"PIPELINING", "SIZE 20000000"}}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		body := "\r\n" + strings.Repeat(strings.Repeat("a", 998)+"\r\n", 10_485)
		body += strings.Repeat("b", email.MaxSubmitted-len(body)-2) + "\r\n"
		for _, sent := range []struct{ body, want string }{{body, "250 2.0.0"}, {"A:b\r\n" + body, "552 5.3.4"}} {
			s.envelope("", ada...)
			s.write(sent.body + ".\r\n")
			s.expect(sent.want)
		}
		if got := h.relay.Messages(); len(got) != 1 || !strings.HasSuffix(string(got[0].Data), body) {
			t.Errorf("the relay got %d messages", len(got))
		}
	})
}

// From the 101st recipient on the client is told to send another message, and
// the hundred get this one.
func TestRecipients(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 200)
		s := c.login(t)
		s.do("MAIL FROM:<>", "250 ")
		for i := range 100 {
			s.do(fmt.Sprintf("RCPT TO:<%d@x.test>", i), "250 ")
		}
		s.do("RCPT TO:<100@x.test>", "452 4.5.3")
		s.do("RCPT TO:<99@X.test>", "250 ") // one of the hundred
		s.do("RCPT TO:<101@x.test>", "452 4.5.3")
		s.do("DATA", "354 ")
		s.write("\r\n.\r\n")
		s.expect("250 2.0.0 Sent as ")
		if got := h.relay.Messages()[0].To; len(got) != 100 {
			t.Errorf("%d recipients", len(got))
		}
		if got := c.balance(t); got != 100 {
			t.Errorf("balance %d", got)
		}
	})
}

// What becomes of a message is the reply to its final dot.
func TestOutcomes(t *testing.T) {
	script := smtptest.Script{
		"RCPT refused@x.test":   {Say: "550 5.1.1 no such user"},
		"RCPT later@x.test":     {Say: "451 4.2.1 not now"},
		"RCPT strange@x.test":   {Say: "550 5.1.1 niño\x01\u2028 " + strings.Repeat("a", 600)},
		"RCPT refused-2@x.test": {Say: "550 5.1.1 no such user either"},
	}
	each(t, options{relay: script}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := c.login(t)
		for _, sent := range []struct {
			to   string
			want string // without the id
			left int64  // credits
		}{
			{"a b", "250 2.0.0 Sent as .", 8},
			{"a refused", "250 2.0.0 Sent as . Refused: refused@x.test (550 no such user).", 7},
			{"a refused refused-2", "250 2.0.0 Sent as . Refused: refused@x.test (550 no such user) and 1 more.", 6},
			{"later", "250 2.0.0 Queued as . Provider temporarily unavailable; will retry within 24h.", 5},
			{"refused", "554 5.0.0 Refused for every recipient, and refunded: . Refused: refused@x.test (550 no such user).", 5},
			{"strange", "554 5.0.0 Refused for every recipient, and refunded: . Refused: strange@x.test (550 ni", 5},
		} {
			var to []string
			for name := range strings.FieldsSeq(sent.to) {
				to = append(to, name+"@x.test")
			}
			got := s.send("", to, "Subject: x\n\nx\n")
			logged := c.logged(t)
			if said := strings.Replace(got, logged[len(logged)-1].ID, "", 1); said != sent.want && !(sent.to == "strange" && strings.HasPrefix(said, sent.want)) {
				t.Errorf("%s: got %q", sent.to, got)
			}
			if len(got) > 510 || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%s: not a line of a reply: %q", sent.to, got)
			}
			if left := c.balance(t); left != sent.left {
				t.Errorf("%s: %d credits are left", sent.to, left)
			}
		}
	})
}

// A relay that takes its time: 250 as soon as the message is durable.
func TestQueued(t *testing.T) {
	spoken := make(chan struct{})
	slow := func(s smtptest.Step) smtptest.Answer {
		if s.Verb == "RCPT" {
			<-spoken
		}
		return smtptest.Answer{}
	}
	each(t, options{answer: slow, syncTimeout: 50 * time.Millisecond}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		if got := s.send("", ada, "\n"); !strings.HasPrefix(got, "250 2.0.0 Queued as ") {
			t.Errorf("got %q", got)
		}
		spoken <- struct{}{}
		h.relay.Await(t, "DOT", 1)
	})
}

// A key that may not be used any more ends the session.
func TestRevoked(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		for name, revoked := range map[string]struct {
			how  func(*customer, *db.Tx) error
			want string
		}{
			"disabled":  {func(c *customer, tx *db.Tx) error { return account.EnableKey(tx, "test", c.key, false) }, "421 4.7.0 This API key is disabled."},
			"suspended": {func(c *customer, tx *db.Tx) error { return account.Suspend(tx, "test", c.account) }, "421 4.7.0 This account is suspended."},
			"rotated": {func(c *customer, tx *db.Tx) error {
				_, err := account.RotateKey(tx, "test", c.key, account.Email)
				return err
			}, "421 4.7.0 The API key is not valid any more."},
			"deleted": {func(c *customer, tx *db.Tx) error { return account.DeleteKey(tx, "test", c.key) }, "421 4.7.0 The API key is not valid any more."},
		} {
			c := h.customer(t, 10)
			s := c.login(t)
			h.write(t, func(tx *db.Tx) error { return revoked.how(c, tx) })
			if got := s.send("", ada, "\n"); !strings.HasPrefix(got, revoked.want) {
				t.Errorf("%s: got %q", name, got)
			}
			s.closed()
			if n := len(c.logged(t)); n != 0 {
				t.Errorf("%s: %d messages", name, n)
			}
		}
	})
}

// A transaction counts once, at DATA, whatever becomes of it; a full window
// ends the session, and the next one too, before a message is read.
func TestRateLimit(t *testing.T) {
	each(t, options{rateLimit: 3}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s := c.login(t)
		for range 5 { // these do not count
			s.do("MAIL FROM:<>", "250 ")
			s.do("RCPT TO:<bad>", "550 ")
			s.do("RSET", "250 ")
		}
		s.expectSent(ada)
		s.send("", ada, "From: bad\n\n")
		s.expectSent(ada)
		s.do("MAIL FROM:<>", "250 ")
		s.do("RCPT TO:<a@x.test>", "250 ")
		s.do("DATA", "354 ") // nobody here knows yet that the window is full
		s.write("\r\n.\r\n")
		s.expect("421 4.7.0 Too many messages with this key in the last 60 seconds. Try again in ")
		s.closed()

		s = c.login(t)
		s.do("MAIL FROM:<>", "250 ")
		s.do("RCPT TO:<a@x.test>", "250 ")
		s.do("DATA", "421 4.7.0 Too many messages")
		s.closed()
		if n := len(c.logged(t)); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
}

// What fails on our side is 451, so that the client tries again, and only the
// operator is told why.
func TestOurFault(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		s, other := c.login(t), h.encrypted(t)
		h.write(t, func(tx *db.Tx) error {
			_, err := tx.Exec(`ALTER TABLE api_keys RENAME TO keys_that_are_away`)
			return err
		})
		if got := s.send("", ada, "\n"); got != "451 4.3.0 Something failed on our side. (session 5e551011)" {
			t.Errorf("got %q", got)
		}
		s.do("NOOP", "250 ")
		other.do("AUTH PLAIN "+plain(account.NewToken(account.Email)), "451 4.3.0 Something failed on our side. (session 5e551011)")
		h.shut()
		if log := h.journal.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "session=5e551011") || !strings.Contains(log, "api_keys") {
			t.Errorf("the log does not say why:\n%s", log)
		}
		if n := h.relay.Count("MAIL"); n != 0 {
			t.Errorf("the relay was asked %d times", n)
		}
	})
}

func TestNoRelay(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		if got := h.customer(t, 10).login(t).send("", ada, "\n"); !strings.HasPrefix(got, "451 4.3.0 Email is switched off") {
			t.Errorf("got %q", got)
		}
	})
}
