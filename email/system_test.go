package email_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/fault"
	"aviso/transport"
)

// await waits for what the relay gets next.
func (h *house) await() *transport.Mail {
	h.t.Helper()
	select {
	case m := <-h.relay.sent:
		return m
	case <-time.After(20 * time.Second):
		h.t.Fatal("the relay got nothing")
		return nil
	}
}

func (h *house) system(text string) error {
	return h.service.SendSystem(h.t.Context(), "ada@x.test", "Hello", text)
}

// restart stops the service and starts another, whose relay takes everything if
// there is one.
func (h *house) restart(relay bool) {
	h.t.Helper()
	h.service.Close(context.Background())
	c := config()
	h.relay = &relayDouble{answer: taken, sent: make(chan *transport.Mail, 1000)}
	if relay {
		c.Relays = []*email.Relay{{Name: "primary", Mailer: h.relay, Places: 8}}
	}
	h.service = email.New(h.db, c)
	if err := h.service.Start(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// The installation's own mail goes out from its own address, costs nobody
// anything, and is in nobody's log.
func TestSendSystem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for _, text := range []string{"the first", "the second"} {
			if err := h.system(text + " link"); err != nil {
				t.Fatal(err)
			}
			m := h.await()
			if m.From != "noreply@mail.test" || len(m.To) != 1 || m.To[0] != "ada@x.test" || !strings.Contains(string(m.Data), text) || !strings.Contains(string(m.Data), "Subject: Hello") {
				t.Errorf("%+v\n%s", m, m.Data)
			}
		}
		if _, err := h.service.Message(t.Context(), h.account.ID, h.first()); fault.Of(err).Kind != fault.NotFound {
			t.Errorf("a customer sees it: %v", err)
		}
		if n := h.count(`SELECT COUNT(*) FROM credit_entries WHERE account_id = ''`); n != 0 {
			t.Errorf("%d entries", n)
		}
		report := func(p credit.Problem) { t.Errorf("%+v", p) }
		if v, err := email.Verify(t.Context(), d, report); err != nil || v.Messages != 2 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// first returns the id of the first of these mails.
func (h *house) first() (id string) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT id FROM email_messages WHERE account_id = '' AND number = 1`, nil, &id)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) count(query string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), func(tx *db.Tx) error { return tx.Row(query, args, &n) }); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// A relay that is away is waited for, operators see what waits, and what was
// said is gone soon after it is over.
func TestSystemMailWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.relay.answer = func(_ context.Context, m *transport.Mail) transport.Report {
			return transport.Report{Verdicts: transport.All(len(m.To), transport.Verdict{Outcome: transport.Later, Text: "away"})}
		}
		if err := h.system("the first"); err != nil {
			t.Fatal(err)
		}
		first := h.await()
		list, err := h.service.Queue(t.Context(), email.QueueFilter{Limit: 10})
		if err != nil || len(list) != 1 || list[0].AccountID != "" || list[0].From != "noreply@mail.test" {
			t.Fatalf("%+v, %v", list, err)
		}
		h.restart(true) // another process goes on
		if err := h.service.Retry(t.Context(), "test", list[0].ID); err != nil {
			t.Fatal(err)
		}
		if again := h.await(); again.ID != first.ID || string(again.Data) != string(first.Data) {
			t.Errorf("%+v, %+v", first, again)
		}
		h.restart(true) // its outcome is written by then
		if err := h.system("the second"); err != nil {
			t.Fatal(err)
		}
		h.await()
		if n := h.count(`SELECT COUNT(*) FROM email_bodies WHERE message_id = $1`, first.ID); n != 0 {
			t.Error("what the first said is still there")
		}
	})
}

// Without a relay, or to no address, it says so and keeps nothing.
func TestSystemMailThatIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.restart(false)
		if f := fault.Of(h.system("x")); f.Kind != fault.Unavailable {
			t.Errorf("%v", f)
		}
		h.restart(true)
		if f := fault.Of(h.service.SendSystem(t.Context(), "nobody", "x", "x")); f.Kind != fault.Invalid {
			t.Errorf("%v", f)
		}
		if n := h.count(`SELECT COUNT(*) FROM email_messages`); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}
