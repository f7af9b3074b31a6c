package api_test

import (
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

func (h *house) hold(t *testing.T) {
	t.Helper()
	if _, err := h.email.HoldSending(t.Context(), "test", "a test"); err != nil {
		t.Fatal(err)
	}
}

func (h *house) release(t *testing.T) {
	t.Helper()
	if _, err := h.email.ReleaseSending(t.Context(), "test", false); err != nil {
		t.Fatal(err)
	}
}

func (c *customer) unsuspend(t *testing.T) {
	t.Helper()
	if _, _, err := c.email.Unsuspend(t.Context(), "test", c.account.ID); err != nil {
		t.Fatal(err)
	}
}

// While sending is held messages are promised and charged, and nothing leaves;
// afterwards all of it does.
func TestHold(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		queued := c.send(t, hello(mail{"to": "before@x.test"}).json())
		queued.is(t, 202, "", "")
		h.relays[0].says(nil)
		h.hold(t)
		r := row{body: hello().json(), header: key("k"), status: 202, data: mail{"status": "queued", "recipients": 1, "creditsCharged": 1, "retryHint": holdHint}, ledger: []int64{-1}, messages: 1}
		held := r.check(t, c)
		c.replays(t, held, r.body, r.header)
		c.later(t, time.Hour)
		r.header = nil
		still := r.check(t, c)
		if n := h.relays[0].Count("MAIL"); n != 1 {
			t.Errorf("while it was held the relay was tried %d times", n-1)
		}
		c.advance(time.Second)
		h.release(t)
		for _, a := range []*answer{queued, held, still} {
			c.await(t, "email sent", a.id())
		}
		if got := asJSON(c.ledger(t)); got != "[10,-1,-1,-1]" || len(h.relayed()) != 3 {
			t.Errorf("the ledger is %s, relayed %v", got, h.relayed())
		}
	})
}

func (h *house) pause(t *testing.T, relay string) {
	t.Helper()
	if err := h.email.PauseRelay(t.Context(), "test", relay); err != nil {
		t.Fatal(err)
	}
}

// A paused relay is passed over; when every one is, messages wait.
func TestPausedRelay(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first"}, {name: "second"}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.pause(t, "first")
		r := row{body: hello().json(), status: 200, ledger: []int64{-1}, messages: 1, relayed: []string{"second ada@example.com"}}
		r.check(t, c)
		h.pause(t, "second")
		r = row{body: hello().json(), status: 202, data: mail{"retryHint": unavailableHint}, ledger: []int64{-1}, messages: 1}
		waits := r.check(t, c)
		if err := h.email.ResumeRelay(t.Context(), "test", "first"); err != nil {
			t.Fatal(err)
		}
		c.later(t, time.Minute)
		c.await(t, "email sent", waits.id())
	})
}

// The queued mail of a suspended account is held, and nobody else's.
func TestSuspendedQueue(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		bad, good := h.customer(t, 10), h.customer(t, 10)
		held, kept := bad.send(t, hello(mail{"to": "held@x.test"}).json()), good.send(t, hello(mail{"to": "kept@x.test"}).json())
		h.relays[0].says(nil)
		bad.suspend(t)
		h.later(t, time.Hour)
		h.await(t, "email sent", kept.id())
		if got := asJSON(h.relayed()); got != `["primary kept@x.test"]` {
			t.Errorf("relayed %s", got)
		}
		bad.unsuspend(t)
		h.await(t, "email sent", held.id())
		if got := asJSON(bad.ledger(t)); got != "[10,-1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// The 24 hours stand still while a message is held.
func TestHeldClock(t *testing.T) {
	for _, r := range []struct {
		name         string
		stop, resume func(*testing.T, *customer)
	}{
		{"hold", func(t *testing.T, c *customer) { c.hold(t) }, func(t *testing.T, c *customer) { c.release(t) }},
		{"suspension", func(t *testing.T, c *customer) { c.suspend(t) }, func(t *testing.T, c *customer) { c.unsuspend(t) }},
	} {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{}, func(t *testing.T, h *house) {
				h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
				c := h.customer(t, 10)
				a := c.send(t, hello().json())
				a.is(t, 202, "", "")
				r.stop(t, c)
				c.later(t, 30*time.Hour)
				r.resume(t, c)
				h.relays[0].Await(t, "MAIL", 2)
				c.later(t, 24*time.Hour-time.Minute)
				h.relays[0].Await(t, "MAIL", 3)
				c.restart(t) // which waits for what is in flight
				if got := c.look(t, a.id()); got.data("status") != "queued" || asJSON(c.ledger(t)) != "[10,-1]" {
					t.Errorf("after 54 hours, 30 of them held: %s", got.raw)
				}
				c.later(t, time.Hour)
				c.await(t, "email failed", a.id())
				if got := asJSON(c.ledger(t)); got != "[10,-1,1]" {
					t.Errorf("the ledger is %s", got)
				}
			})
		})
	}
}
