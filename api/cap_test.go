package api_test

import (
	"fmt"
	"testing"
	"time"

	"aviso/email"
	"aviso/transport/smtprelay/smtptest"
)

// to is a message to n recipients of a domain.
func to(n int, domain string) []byte {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("a%d@%s", i+1, domain))
	}
	return hello(mail{"to": all}).json()
}

// capped checks a message that waits for a cap: promised and charged, and not
// tried.
func (c *customer) capped(t *testing.T, body []byte, n int64) *answer {
	t.Helper()
	r := row{body: body, status: 202, data: mail{"status": "queued", "recipients": n, "creditsCharged": n, "retryHint": cappedHint}, ledger: []int64{-n}, messages: 1}
	return r.check(t, c)
}

func (c *customer) sent(t *testing.T, body []byte) {
	t.Helper()
	c.send(t, body).is(t, 200, "", "")
}

// A relay takes its cap a day, from 00:00 UTC, and whole messages only. What
// waits leaves by itself when the day turns, without a retry of the client's.
func TestRelayCap(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 3}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, to(2, "first.test"))
		waits := c.capped(t, to(2, "second.test"), 2)
		a := c.look(t, waits.id())
		if got := a.data("nextAttemptAt"); got != "2026-03-02T00:00:00.000Z" || len(a.data("attempts").([]any)) != 0 {
			t.Errorf("%s", a.raw)
		}
		// It would fit, but who came first goes first.
		queues := c.capped(t, to(1, "third.test"), 1)
		c.tomorrow()
		c.await(t, "email sent", waits.id())
		c.await(t, "email sent", queues.id())
		if got := len(h.relayed()); got != 5 {
			t.Errorf("relayed %v", h.relayed())
		}
		// Their places are of the new day.
		c.capped(t, to(1, "fourth.test"), 1)
		if got := asJSON(c.ledger(t)); got != "[20,-2,-2,-1,-1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// Places that were reserved and not taken are given back.
func TestCapIsGivenBack(t *testing.T) {
	rows := []struct {
		name   string
		script smtptest.Script
		room   int // left of 3 after a message to 3
	}{
		{"all taken", nil, 0},
		{"one refused", smtptest.Script{"RCPT a1@x.test": says("550 no")}, 1},
		{"all refused", smtptest.Script{"RCPT": says("550 no")}, 3},
		{"all later", smtptest.Script{"RCPT": says("450 no")}, 3},
		{"one later", smtptest.Script{"RCPT a2@x.test": says("450 no")}, 1},
		{"unknown", breaks, 0},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for i, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				// A sender of its own has a cap of its own.
				from := fmt.Sprintf("capped%d@mail.test", i)
				h.sender(t, email.NewSender{Address: from, DailyCap: 3})
				c := h.customer(t, 20)
				c.assign(t, from, true)
				h.relays[0].says(r.script)
				c.send(t, to(3, "x.test"))
				h.relays[0].says(nil)
				if r.room > 0 {
					c.sent(t, to(r.room, "room.test"))
				}
				c.capped(t, to(1, "over.test"), 1)
			})
		}
	})
}

// A sender's cap holds for that sender, over all relays.
func TestSenderCap(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first"}, {name: "second"}}}, func(t *testing.T, h *house) {
		h.sender(t, email.NewSender{Address: "capped@mail.test", DailyCap: 2})
		c := h.customer(t, 20)
		c.assign(t, "capped@mail.test", false)
		from := mail{"from": "capped@mail.test"}
		c.sent(t, hello(from, mail{"cc": "b@x.test"}).json())
		waits := c.capped(t, hello(from).json(), 1)
		c.sent(t, hello().json()) // from the installation's sender
		c.tomorrow()
		c.restart(t)
		c.await(t, "email sent", waits.id())
	})
}

// The next relay takes over when one is capped; when all are, the message
// waits.
func TestCapMovesOn(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first", cap: 2}, {name: "second", cap: 1}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, to(2, "a.test"))
		c.sent(t, to(1, "b.test"))
		c.capped(t, to(1, "c.test"), 1)
		if got := asJSON(h.relayed()); got != `["first a1@a.test","first a2@a.test","second a1@b.test"]` {
			t.Errorf("relayed %s", got)
		}
	})
}

// For a capped message the 24 hours begin when its window turns.
func TestCappedGivesUpLater(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 1}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, hello().json())
		waits := c.capped(t, hello().json(), 1)
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c.tomorrow()
		c.later(t, 24*time.Hour-time.Millisecond)
		h.relays[0].Await(t, "MAIL", 2)
		c.restart(t) // which waits for what is in flight
		if got := c.look(t, waits.id()).data("status"); got != "queued" {
			t.Errorf("after 36 hours it is %v", got)
		}
		c.later(t, time.Hour)
		c.await(t, "email failed", waits.id())
		if got := asJSON(c.ledger(t)); got != "[20,-1,-1,1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// A cancelled message no longer stands in the way of those behind it.
func TestCancelledFreesTheQueue(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 3}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, to(2, "a.test"))
		waits := c.capped(t, to(2, "b.test"), 2)
		c.cancel(t, waits.id()).is(t, 200, "", "")
		c.sent(t, to(1, "c.test"))
	})
}
