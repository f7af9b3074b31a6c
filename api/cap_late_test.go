package api_test

import (
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// A message that no day has room for fails at once, and keeps nobody from the
// cap.
func TestMoreThanTheCap(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "small", cap: 2}, {name: "large", cap: 4}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, to(3, "large.test"))
		a := c.send(t, to(5, "none.test"))
		if got := c.look(t, a.id()); got.data("status") != "failed" || asJSON(c.ledger(t)) != "[20,-3,-5,5]" {
			t.Errorf("%s\n%s, %v", a.raw, got.raw, c.ledger(t))
		}
		c.sent(t, to(2, "small.test"))
	})
}

// What fits, and finds its cap full when its day comes, is not pushed on for
// ever: its 24 hours begin when the window turned for the first time.
func TestCappedDayAfterDay(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 2}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		c.sent(t, to(2, "first.test"))
		waits := c.capped(t, to(2, "waits.test"), 2)
		// Others are first on the two days that follow.
		day := h.now().UnixMilli() / (24 * time.Hour).Milliseconds()
		for n := range int64(2) {
			h.exec(t, `INSERT INTO email_caps (name, day, used) VALUES ('relay/primary', $1, 1)`, day+1+n)
		}
		c.tomorrow()
		c.tomorrow()
		c.await(t, "email failed", waits.id())
		if got := asJSON(c.ledger(t)); got != "[20,-2,-2,2]" || len(h.relayed()) != 2 {
			t.Errorf("the ledger is %s, relayed %v", got, h.relayed())
		}
		c.sent(t, to(1, "next.test"))
	})
}

// The clock of a message whose relays are all paused does not stand still.
func TestPausedGivesUp(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.pause(t, "primary")
		a := c.send(t, hello().json())
		a.is(t, 202, "", "")
		c.later(t, 24*time.Hour)
		c.await(t, "email failed", a.id())
		if asJSON(c.ledger(t)) != "[10,-1,1]" || len(h.relayed()) != 0 {
			t.Errorf("%v, %v", c.ledger(t), h.relayed())
		}
	})
}

// The first pause is the first pause, over however many relays the attempt went.
func TestFirstPauseOverManyRelays(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		for _, r := range h.relays {
			r.says(smtptest.Script{"EHLO": says("421 away")})
		}
		a := c.send(t, hello().json())
		a.is(t, 202, "", "")
		got, err := time.Parse(time.RFC3339, c.look(t, a.id()).data("nextAttemptAt").(string))
		if err != nil || got.Sub(h.now()) > time.Minute {
			t.Errorf("it is tried again at %v, and it is %v", got, h.now())
		}
	})
}

// Failover queues behind those who wait for the cap of the next relay.
func TestFailoverDoesNotOvertake(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first"}, {name: "second", cap: 3}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		h.relays[0].leave()
		c.sent(t, to(2, "a.test"))
		h.pause(t, "first")
		c.capped(t, to(2, "waits.test"), 2)
		if err := h.email.ResumeRelay(t.Context(), "test", "first"); err != nil {
			t.Fatal(err)
		}
		c.send(t, to(1, "late.test")).is(t, 202, "", "")
		if got := asJSON(h.relayed()); got != `["second a1@a.test","second a2@a.test"]` {
			t.Errorf("relayed %s", got)
		}
	})
}
