package email_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/fault"
	"aviso/transport"
)

// clock is a database's clock that only the test moves.
type clock struct{ ms atomic.Int64 }

func stopClock(d *db.DB) *clock {
	c := &clock{}
	c.ms.Store(1_800_000_000_000)
	d.SetClock(c.ms.Load)
	return c
}

func (c *clock) pass(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// operator is a service beside the server's, as a command has one.
func operator(t *testing.T, d *db.DB, changes ...change) *email.Service {
	t.Helper()
	c := config()
	c.Relays = []*email.Relay{{Name: "primary"}, {Name: "second", DailyCap: 100}}
	for _, f := range changes {
		f(&c)
	}
	s := email.New(d, c)
	s.Operate()
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func later(_ context.Context, m *transport.Mail) transport.Report {
	return transport.Report{Reached: true, Verdicts: transport.All(len(m.To), transport.Verdict{Outcome: transport.Later, Code: 451, Text: "451 not now"})}
}

// refuseSome refuses whoever is called refused.
func refuseSome(ctx context.Context, m *transport.Mail) transport.Report {
	r := taken(ctx, m)
	for i, to := range m.To {
		if strings.HasPrefix(to, "refused@") {
			r.Verdicts[i] = transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "550 no"}
		}
	}
	return r
}

// send sends to the addresses and returns the message's id.
func (h *house) send(to ...string) string {
	h.t.Helper()
	a, err := h.service.Send(h.call(to...))
	if err != nil {
		h.t.Fatal(err)
	}
	return a.Outcome.MessageID
}

func (h *house) message(id string) *email.Message {
	h.t.Helper()
	m, err := h.service.Message(context.Background(), "", id)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// row reads one row.
func (h *house) row(query string, args []any, dest ...any) {
	h.t.Helper()
	if err := h.db.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args, dest...) }); err != nil {
		h.t.Fatal(err)
	}
}

// exec writes what no rule of the house would.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err })
}

// acts is the audit log's "action subject detail", oldest first.
func (h *house) acts(action string) []string {
	h.t.Helper()
	list := []string{}
	err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT action, subject, detail FROM audit_entries WHERE action LIKE $1 ORDER BY id`, []any{action + "%"}, func(scan func(...any) error) error {
			var a, s, d string
			err := scan(&a, &s, &d)
			list = append(list, strings.TrimSpace(a+" "+s+" "+d))
			return err
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// code is a fault's code, "" for no error.
func code(err error) string {
	var f *fault.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	}
	return err.Error()
}

func (h *house) sound() {
	h.t.Helper()
	for _, p := range problems(h.t, h.db) {
		h.t.Errorf("the books: %+v", p)
	}
}

func TestHoldStopsTheClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		s := operator(t, d)
		if _, err := s.HoldSending(ctx, "op", "first"); err != nil {
			t.Fatal(err)
		}
		held := now.ms.Load()
		now.pass(time.Hour)
		hold, err := s.HoldSending(ctx, "op", "second")
		if err != nil || hold.Since != held || hold.Reason != "first" {
			t.Errorf("%+v, %v", hold, err)
		}
		a, err := h.service.Send(h.call("a@x.test"))
		if err != nil || a.Outcome.Status != email.Queued || a.Outcome.RetryHint != "Sending is on hold." {
			t.Fatalf("%+v, %v", a, err)
		}
		now.pass(30 * time.Hour)
		if err := s.Retry(ctx, "op", a.Outcome.MessageID); err != nil {
			t.Fatal(err)
		}
		if n := len(h.relay.sent); n != 0 {
			t.Fatalf("%d messages left during the hold", n)
		}
		released, err := h.service.ReleaseSending(ctx, "op", false)
		if err != nil || released != (email.Released{Resumed: 1}) {
			t.Fatalf("%+v, %v", released, err)
		}
		<-h.relay.sent // the server was woken: nothing else makes a stopped clock pass
		if _, err := s.ReleaseSending(ctx, "op", false); code(err) != "NOT_HELD" {
			t.Error(err)
		}
		if got := fmt.Sprint(h.acts("queue.")); got != "[queue.hold all first queue.release all 0 cancelled]" {
			t.Error(got)
		}
		h.sound()
	})
}

// Stops that overlap are given back once, in whatever order they end.
func TestHoldAndSuspensionOverlap(t *testing.T) {
	stories := map[string]time.Duration{
		"suspend hold unsuspend release":                                3 * time.Hour,
		"suspend hold release unsuspend":                                3 * time.Hour,
		"hold suspend unsuspend release":                                3 * time.Hour,
		"hold suspend release unsuspend":                                3 * time.Hour,
		"hold release suspend unsuspend":                                2 * time.Hour,
		"hold suspend unsuspend suspend release hold unsuspend release": 7 * time.Hour,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		h.service.Close(ctx)
		s := operator(t, d)
		do := map[string]func() error{
			"hold":    func() error { _, err := s.HoldSending(ctx, "op", ""); return err },
			"release": func() error { _, err := s.ReleaseSending(ctx, "op", false); return err },
			"suspend": func() error {
				return d.Write(ctx, func(tx *db.Tx) error { return account.Suspend(tx, "op", h.account) })
			},
			"unsuspend": func() error {
				x, _, err := s.Unsuspend(ctx, "op", "OWNER@mail.test")
				if x.ID != h.account.ID || x.SuspendedAt != 0 {
					t.Errorf("%+v", x)
				}
				return err
			},
		}
		for story, want := range stories {
			h.queueMany(1, now.ms.Load())
			before := h.expires(s)
			for _, act := range strings.Fields(story) {
				now.pass(time.Hour)
				if err := do[act](); err != nil {
					t.Fatal(act, err)
				}
			}
			if got := h.expires(s) - before; got != want {
				t.Errorf("%s: given back %s, want %s", story, got, want)
			}
			h.exec(`DELETE FROM email_messages`)
			h.exec(`DELETE FROM email_recipients`)
		}
	})
}

// expires is when the only message of the queue runs out.
func (h *house) expires(s *email.Service) time.Duration {
	h.t.Helper()
	list, err := s.Queue(context.Background(), email.QueueFilter{Limit: 10})
	if err != nil || len(list) != 1 {
		h.t.Fatal(list, err)
	}
	return time.Duration(list[0].ExpiresAt) * time.Millisecond
}

func TestUnsuspendRefusesAndRepeats(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.write(func(tx *db.Tx) error { return account.Suspend(tx, "op", h.account) })
		for range 2 {
			if x, resumed, err := h.service.Unsuspend(ctx, "op", h.account.ID); err != nil || resumed != 0 || x.SuspendedAt != 0 {
				t.Errorf("%+v, %d, %v", x, resumed, err)
			}
		}
		if _, _, err := h.service.Unsuspend(ctx, "op", "nobody@x.test"); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if got := len(h.acts("account.unsuspend")); got != 1 {
			t.Errorf("%d entries in the audit log", got)
		}
	})
}

// queueMany puts n queued messages of the account into the database, each with
// two recipients that wait and two credits charged.
func (h *house) queueMany(n int, now int64) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		for i := range n {
			id := db.NewID()
			_, err := tx.Exec(`INSERT INTO email_messages (id, account_id, number, key_id, channel, status, sender, subject, smtp_message_id, recipients,
				created_at, admitted_at, admission, attempt, attempts, due_at, expires_at, promised, relay, waits_for, reserved_day, reserved,
				charged, refunded, price, last_error)
				VALUES ($1, $2, $3, 'k', 'http', 'queued', 'noreply@mail.test', '', '', 2, $4, $5, 1, 1, 1, $6, $7, TRUE, 'primary', '', 0, 0, 2, 0, 1, '')`,
				id, h.account.ID, 1000+i, now, now, now+1000, now+24*3600*1000)
			if err != nil {
				return err
			}
			for r := range 2 {
				_, err := tx.Exec(`INSERT INTO email_recipients (message_id, number, kind, name, address, wire, state, unknowns, code, enhanced, reply)
					VALUES ($1, $2, 'to', '', 'a@x.test', 'a@x.test', 'waiting', 0, 0, '', '')`, id, r)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// A release goes in steps. One that breaks off leaves sending on hold and gives
// nothing twice when it is made again.
func TestReleaseInStepsBreaksOffAndGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := stopClock(d)
		h := open(t, d)
		h.service.Close(context.Background())
		const many = 1200
		h.queueMany(many, now.ms.Load())
		s := operator(t, d)
		if _, err := s.HoldSending(context.Background(), "op", ""); err != nil {
			t.Fatal(err)
		}
		now.pass(time.Hour)
		ctx, breakOff := context.WithCancel(context.Background())
		asked := 0
		d.SetClock(func() int64 {
			if asked++; asked == 2 { // each step asks once
				breakOff()
			}
			return now.ms.Load()
		})
		if _, err := s.ReleaseSending(ctx, "op", false); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if hold, err := s.Hold(context.Background()); err != nil || hold.Since == 0 {
			t.Fatal(hold, err)
		}
		var shifted, wrong int
		h.row(`SELECT COUNT(*) FROM email_messages WHERE resumed_at > 0`, nil, &shifted)
		if shifted == 0 || shifted == many {
			t.Fatalf("%d of %d in the first step", shifted, many)
		}
		d.SetClock(now.ms.Load)
		now.pass(time.Minute)
		if r, err := s.ReleaseSending(context.Background(), "op", false); err != nil || r.Resumed != many {
			t.Fatal(r, err)
		}
		h.row(`SELECT COUNT(*) FROM email_messages WHERE expires_at <> admitted_at + $1`, []any{(25*time.Hour + time.Minute).Milliseconds()}, &wrong)
		if wrong != 0 {
			t.Errorf("%d clocks are wrong", wrong)
		}
	})
}

func TestReleaseCancelsQueued(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		h.service.Close(ctx)
		const many = 450
		h.queueMany(many, now.ms.Load())
		s := operator(t, d)
		if _, err := s.ReleaseSending(ctx, "op", true); code(err) != "NOT_HELD" {
			t.Fatal(err)
		}
		if _, err := s.HoldSending(ctx, "op", ""); err != nil {
			t.Fatal(err)
		}
		r, err := s.ReleaseSending(ctx, "op", true)
		if err != nil || r.Cancelled != many || r.Resumed != 0 {
			t.Fatal(r, err)
		}
		if got := h.balance(); got != 1000+2*many {
			t.Errorf("balance %d", got)
		}
		if list, err := s.Queue(ctx, email.QueueFilter{Limit: 10}); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		if got := fmt.Sprint(h.acts("queue.")); got != "[queue.hold all queue.cancel all everything queued queue.release all 450 cancelled]" {
			t.Error(got)
		}
	})
}
