package api_test

import (
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// breaks is a relay that vanishes after the final dot.
var breaks = smtptest.Script{"DOT": {Then: smtptest.Drop}}

// A link that breaks after the final dot leaves open what the relay did: the
// message is tried once more, after five minutes at the earliest, and is then
// unknown and charged.
func TestUnknown(t *testing.T) {
	rows := []struct {
		name   string
		again  smtptest.Script
		log    string
		status string
		states string
		ledger string
	}{
		{"twice", breaks, "email unknown", "unknown", `["unknown","unknown","unknown"]`, "[10,-3]"},
		{"then taken", nil, "email sent", "sent", `["taken","taken","taken"]`, "[10,-3]"},
		{"then refused", smtptest.Script{"RCPT": says("550 no")}, "email failed", "failed", `["refused","refused","refused"]`, "[10,-3,3]"},
		{"then partly refused", smtptest.Script{"DOT": breaks["DOT"], "RCPT a@x.test": says("550 no")}, "email unknown", "unknown", `["refused","unknown","unknown"]`, "[10,-3,1]"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{}, func(t *testing.T, h *house) {
				h.relays[0].says(breaks)
				c := h.customer(t, 10)
				a := c.send(t, three)
				a.is(t, 202, "", "")
				before := c.look(t, a.id())
				if got := before.data("nextAttemptAt"); before.data("status") != "queued" || got != "2026-03-01T12:05:00.000Z" {
					t.Errorf("it is tried again at %v", got)
				}
				h.relays[0].says(r.again)
				c.later(t, 5*time.Minute)
				c.await(t, r.log, a.id())
				after := c.look(t, a.id())
				if after.data("status") != r.status || asJSON(states(after)) != r.states || asJSON(c.ledger(t)) != r.ledger || after.data("nextAttemptAt") != nil {
					t.Errorf("%s, %v", after.raw, c.ledger(t))
				}
				for _, m := range h.relays[0].Messages() {
					if got := readMail(t, m).Header.Get("Message-ID"); got != before.data("smtpMessageId") {
						t.Errorf("Message-ID is %s, not %v", got, before.data("smtpMessageId"))
					}
				}
				if n := h.relays[0].Count("MAIL"); n != 2 {
					t.Errorf("it was tried %d times", n)
				}
				c.cancel(t, a.id()).is(t, 409, "NOT_QUEUED", "")
			})
		})
	}
}

// The same when the caller was promised before the link broke.
func TestUnknownAfterPromise(t *testing.T) {
	each(t, impatient, func(t *testing.T, h *house) {
		speak := h.relays[0].silent(t, "DOT", breaks)
		c := h.customer(t, 10)
		a := c.send(t, hello().json())
		a.is(t, 202, "", "")
		speak()
		c.await(t, "email queued", a.id())
		if got := c.look(t, a.id()).data("nextAttemptAt"); got != "2026-03-01T12:05:00.000Z" {
			t.Errorf("it is tried again at %v", got)
		}
		c.later(t, 5*time.Minute)
		c.await(t, "email unknown", a.id())
		if got := asJSON(c.ledger(t)); got != "[10,-1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// Before five minutes have passed the queue leaves it alone: another message,
// which is due, has gone by then.
func TestUnknownWaits(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.relays[0].says(breaks)
		unknown := c.send(t, hello().json())
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		busy := c.send(t, hello(mail{"to": "busy@x.test"}).json())
		h.relays[0].says(nil)
		c.later(t, 5*time.Minute-time.Millisecond)
		c.await(t, "email sent", busy.id())
		if got := h.relayed(); asJSON(got) != `["primary ada@example.com","primary busy@x.test"]` {
			t.Errorf("relayed %v", got)
		}
		if a := c.look(t, unknown.id()); a.data("status") != "queued" || asJSON(states(a)) != `["waiting"]` {
			t.Errorf("%s", a.raw)
		}
	})
}
