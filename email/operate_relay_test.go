package email_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// two is a second relay beside the first.
func two(r *relayDouble) change {
	return func(c *email.Config) {
		c.Relays = append(c.Relays, &email.Relay{Name: "second", Mailer: r, Places: 8, DailyCap: 100})
	}
}

func TestPausedRelayIsPassedOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		second := &relayDouble{answer: taken, sent: make(chan *transport.Mail, 10)}
		h := open(t, d, two(second))
		s := operator(t, d)
		for range 2 {
			if err := s.PauseRelay(ctx, "op", "primary"); err != nil {
				t.Fatal(err)
			}
			now.pass(time.Second)
		}
		h.send("a@x.test")
		if len(h.relay.sent) != 0 || len(second.sent) != 1 {
			t.Fatalf("%d through the paused one, %d through the other", len(h.relay.sent), len(second.sent))
		}
		if err := s.PauseRelay(ctx, "op", "second"); err != nil {
			t.Fatal(err)
		}
		id := h.send("a@x.test")
		if m := h.message(id); m.Status != email.Queued || !strings.Contains(m.LastError, "paused") {
			t.Errorf("%s: %s", m.Status, m.LastError)
		}
		states, err := s.RelayStates(ctx)
		if err != nil || states[0].PausedAt != now.ms.Load()-2000 || states[1].Used != 1 || states[1].DailyCap != 100 {
			t.Errorf("%+v, %v", states, err)
		}
		now.pass(time.Minute)
		for range 2 {
			if err := h.service.ResumeRelay(ctx, "op", "primary"); err != nil {
				t.Fatal(err)
			}
		}
		<-h.relay.sent
		if got := fmt.Sprint(h.acts("relay.")); got != "[relay.pause primary relay.pause second relay.resume primary]" {
			t.Error(got)
		}
		for _, err := range []error{s.PauseRelay(ctx, "op", "third"), s.ResumeRelay(ctx, "op", "third")} {
			if code(err) != "NOT_FOUND" || !strings.Contains(err.Error(), "there are: primary, second") {
				t.Error(err)
			}
		}
	})
}

func TestRelayTestGoesThroughAServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.relay.answer = refuseSome
		s := operator(t, d)
		for _, c := range []struct{ to, outcome, reply string }{
			{"me@x.test", "taken", "250 ok"},
			{"Me <refused@x.test>", "refused", "550 no"},
		} {
			got, err := s.TestRelay(ctx, "op", "primary", c.to, 15*time.Second)
			if err != nil || got.Outcome != c.outcome || got.Reply != c.reply || got.FinishedAt < got.TakenAt || got.TakenAt == 0 {
				t.Fatalf("%+v, %v", got, err)
			}
			m := <-h.relay.sent
			if m.From != "noreply@mail.test" || !strings.Contains(string(m.Data), "Test of the relay primary") {
				t.Errorf("from %s:\n%s", m.From, m.Data)
			}
		}
		if got := h.balance(); got != 1000 {
			t.Errorf("balance %d", got)
		}
		if got := fmt.Sprint(h.acts("relay.")); got != "[relay.test primary me@x.test relay.test primary refused@x.test]" {
			t.Error(got)
		}
	})
}

// Without a server nothing is left that one would send later.
func TestRelayTestIsWithdrawn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.service.Close(ctx)
		s := operator(t, d)
		if _, err := s.TestRelay(ctx, "op", "primary", "me@x.test", time.Millisecond); code(err) != "UNAVAILABLE" || !strings.Contains(err.Error(), "aviso serve") {
			t.Error(err)
		}
		var left int
		if h.row(`SELECT COUNT(*) FROM email_relay_tests`, nil, &left); left != 0 {
			t.Errorf("%d tests are left", left)
		}
		if _, err := s.TestRelay(ctx, "op", "third", "me@x.test", time.Second); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if _, err := s.TestRelay(ctx, "op", "primary", "me", time.Second); code(err) != "INVALID_ADDRESS" {
			t.Error(err)
		}
	})
}

// A test whose operator is gone, or whose relay is another node's, is left.
func TestRelayTestsOfOthersAreLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		for id, at := range map[string]int64{"old": now.ms.Load() - 61_000, "other": now.ms.Load()} {
			relay := map[string]string{"old": "primary", "other": "elsewhere"}[id]
			h.exec(`INSERT INTO email_relay_tests (id, relay, recipient, requested_at, outcome, reply) VALUES ($1, $2, 'x@y.z', $3, '', '')`, id, relay, at)
		}
		if _, err := operator(t, d).TestRelay(ctx, "op", "primary", "me@x.test", 15*time.Second); err != nil {
			t.Fatal(err)
		}
		var taken int
		if h.row(`SELECT COUNT(*) FROM email_relay_tests WHERE taken_at IS NOT NULL`, nil, &taken); taken != 1 || len(h.relay.sent) != 1 {
			t.Errorf("%d taken, %d sent", taken, len(h.relay.sent))
		}
	})
}
