package api_test

import (
	"bytes"
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// later lets what is in flight end, time pass, and the queue be looked through.
func (h *house) later(t *testing.T, d time.Duration) {
	t.Helper()
	h.close()
	h.advance(d)
	h.start(t)
}

// What was promised is tried again by itself, for those who wait only, as the
// same message.
func TestRetry(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"RCPT b@x.test": says("450 no"), "RCPT c@x.test": says("550 nobody")})
		c := h.customer(t, 10)
		a := c.send(t, three)
		a.is(t, 202, "", "")
		h.relays[0].says(nil)
		c.later(t, time.Minute)
		c.await(t, "email sent", a.id())
		if got := h.relayed(); asJSON(got) != `["primary a@x.test","primary b@x.test"]` {
			t.Errorf("relayed %v", got)
		}
		if all := h.relays[0].Messages(); !bytes.Equal(all[0].Data, all[1].Data) {
			t.Errorf("the second is another message:\n%s\n%s", all[0].Data, all[1].Data)
		}
		after := c.look(t, a.id())
		if after.data("status") != "sent" || asJSON(states(after)) != `["taken","taken","refused"]` || asJSON(after.data("creditsCharged")) != "2" || asJSON(c.ledger(t)) != "[10,-3,1]" {
			t.Errorf("%s, %v", after.raw, c.ledger(t))
		}
		if attempts, _ := after.data("attempts").([]any); len(attempts) != 2 {
			t.Errorf("%d attempts", len(attempts))
		}
	})
}

// A retry that is refused is refunded at the price that was paid.
func TestRetryRefused(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c := h.customer(t, 10)
		a := c.send(t, three)
		a.is(t, 202, "", "")
		c.buyUnlimited(t)
		h.relays[0].says(smtptest.Script{"RCPT": says("550 nobody")})
		c.later(t, time.Minute)
		c.await(t, "email failed", a.id())
		if after := c.look(t, a.id()); after.data("status") != "failed" || asJSON(after.data("creditsCharged")) != "0" || asJSON(c.ledger(t)) != "[10,-3,3]" {
			t.Errorf("%s, %v", after.raw, c.ledger(t))
		}
	})
}

// A relay that comes back is given what was kept for it.
func TestRelayComesBack(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", away: true}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		a := c.send(t, three)
		a.is(t, 202, "", "")
		h.relays[0].comeBack()
		c.later(t, time.Minute)
		c.await(t, "email sent", a.id())
		if len(h.relayed()) != 3 || asJSON(c.ledger(t)) != "[10,-3]" {
			t.Errorf("relayed %v, %v", h.relayed(), c.ledger(t))
		}
	})
}

// Who still waits 24 hours after admission has failed and is refunded; who was
// taken stays charged.
func TestGivingUp(t *testing.T) {
	rows := []struct {
		name   string
		script smtptest.Script
		log    string
		status string
		states string
		ledger string
	}{
		{"all", smtptest.Script{"RCPT": says("450 no")}, "email failed", "failed", `["refused","refused","refused"]`, "[10,-3,3]"},
		{"one", smtptest.Script{"RCPT b@x.test": says("450 no")}, "email sent", "sent", `["taken","refused","taken"]`, "[10,-3,1]"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{}, func(t *testing.T, h *house) {
				h.relays[0].says(r.script)
				c := h.customer(t, 10)
				a := c.send(t, three)
				a.is(t, 202, "", "")
				c.later(t, 24*time.Hour-time.Millisecond)
				h.relays[0].Await(t, "MAIL", 2)
				c.later(t, time.Hour)
				c.await(t, r.log, a.id())
				after := c.look(t, a.id())
				if after.data("status") != r.status || asJSON(states(after)) != r.states || asJSON(c.ledger(t)) != r.ledger {
					t.Errorf("%s, %v", after.raw, c.ledger(t))
				}
			})
		})
	}
}
