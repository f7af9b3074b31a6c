package api_test

import (
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// Cancelling takes a message out of the queue and refunds who was waiting.
func TestCancel(t *testing.T) {
	a, b, c := "RCPT a@x.test", "RCPT b@x.test", "RCPT c@x.test"
	rows := []struct {
		name    string
		script  smtptest.Script
		refund  int64
		charged int
		states  []string
		ledger  string
	}{
		{"all waiting", smtptest.Script{"RCPT": says("450 no")}, 3, 0, []string{"waiting", "waiting", "waiting"}, "[10,-3,3]"},
		{"one taken", smtptest.Script{a: says("450 no"), b: says("450 no")}, 2, 1, []string{"waiting", "waiting", "taken"}, "[10,-3,2]"},
		{"one of each", smtptest.Script{a: says("450 no"), b: says("550 no")}, 1, 1, []string{"waiting", "refused", "taken"}, "[10,-3,1,1]"},
		{"after the dot", smtptest.Script{"DOT": {Then: smtptest.Drop}, c: says("550 no")}, 2, 0, []string{"waiting", "waiting", "refused"}, "[10,-3,1,2]"},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				h.relays[0].says(r.script)
				c := h.customer(t, 10)
				sent := c.send(t, three)
				sent.is(t, 202, "", "")
				a := c.cancel(t, sent.id())
				a.is(t, 200, "", "")
				if a.data("status") != "cancelled" || a.data("nextAttemptAt") != nil || asJSON(a.data("creditsCharged")) != asJSON(r.charged) || asJSON(states(a)) != asJSON(r.states) {
					t.Errorf("%s", a.raw)
				}
				if got := asJSON(c.ledger(t)); got != r.ledger {
					t.Errorf("the ledger is %s, not %s", got, r.ledger)
				}
				c.cancel(t, sent.id()).is(t, 409, "NOT_QUEUED", "")
				if got := asJSON(c.ledger(t)); got != r.ledger {
					t.Errorf("cancelled twice, the ledger is %s, not %s", got, r.ledger)
				}
			})
		}
	})
}

// states returns where the recipients stand.
func states(a *answer) []string {
	var list []string
	recipients, _ := a.data("recipients").([]any)
	for _, r := range recipients {
		r, _ := r.(map[string]any)
		state, _ := r["state"].(string)
		list = append(list, state)
	}
	return list
}

// What was cancelled stays where it is when the queue goes on.
func TestCancelledIsNotSent(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c := h.customer(t, 10)
		dropped, kept := c.send(t, hello().json()).id(), c.send(t, hello(mail{"to": "kept@x.test"}).json()).id()
		c.cancel(t, dropped).is(t, 200, "", "")
		h.relays[0].says(nil)
		c.advance(time.Hour)
		c.restart(t)
		c.await(t, "email sent", kept)
		if got := h.relayed(); asJSON(got) != `["primary kept@x.test"]` {
			t.Errorf("relayed %v", got)
		}
		if got := c.look(t, dropped).data("status"); got != "cancelled" {
			t.Errorf("it is %v", got)
		}
	})
}

// Only what is queued can be cancelled.
func TestCancelTooLate(t *testing.T) {
	each(t, options{syncTimeout: 50 * time.Millisecond}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		sent := c.send(t, hello().json())
		c.cancel(t, sent.id()).is(t, 409, "NOT_QUEUED", "")

		h.relays[0].says(smtptest.Script{"RCPT": says("550 no")})
		failed := c.send(t, hello().json())
		failed.is(t, 502, "SMTP_FAILURE", "")
		c.cancel(t, failed.id()).is(t, 409, "NOT_QUEUED", "")

		speak := h.relays[0].silent(t, "DOT", nil)
		promised := c.send(t, hello().json())
		promised.is(t, 202, "", "")
		c.cancel(t, promised.id()).is(t, 409, "NOT_QUEUED", "")
		speak()
		c.await(t, "email sent", promised.id())
		c.cancel(t, promised.id()).is(t, 409, "NOT_QUEUED", "")
		if got := asJSON(c.ledger(t)); got != "[10,-1,-1,1,-1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}
