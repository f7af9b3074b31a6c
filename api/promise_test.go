package api_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// impatient is a house whose callers wait for a twentieth of a second.
var impatient = options{syncTimeout: 50 * time.Millisecond}

// A relay that does not answer in time: the caller is promised, and what the
// relay says in the end is what became of the message.
func TestPromise(t *testing.T) {
	rows := []struct {
		name, silentAt string
		then           smtptest.Script
		log, status    string
		states         []string
		ledger         string
	}{
		{"taken, silent before the message", "MAIL", nil, "email sent", "sent", []string{"taken", "taken", "taken"}, "[10,-3]"},
		{"taken, silent after the dot", "DOT", nil, "email sent", "sent", []string{"taken", "taken", "taken"}, "[10,-3]"},
		{"refused", "DATA", smtptest.Script{"DATA": says("554 no")}, "email failed", "failed", []string{"refused", "refused", "refused"}, "[10,-3,3]"},
		{"refused after the dot", "DOT", smtptest.Script{"DOT": says("554 spam")}, "email failed", "failed", []string{"refused", "refused", "refused"}, "[10,-3,3]"},
		{"partly refused", "DOT", smtptest.Script{"RCPT b@x.test": says("550 no")}, "email sent", "sent", []string{"taken", "refused", "taken"}, "[10,-3,1]"},
		{"later", "DOT", smtptest.Script{"DOT": says("452 full")}, "email queued", "queued", []string{"waiting", "waiting", "waiting"}, "[10,-3]"},
		{"partly later", "DATA", smtptest.Script{"RCPT b@x.test": says("450 no")}, "email queued", "queued", []string{"taken", "waiting", "taken"}, "[10,-3]"},
	}
	each(t, impatient, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				speak := h.relays[0].silent(t, r.silentAt, r.then)
				c := h.customer(t, 10)
				a := c.send(t, three, key("k"))
				a.is(t, 202, "", "")
				want := mail{"ok": true, "data": mail{"messageId": a.id(), "status": "queued", "recipients": 3, "creditsCharged": 3, "retryHint": unavailableHint}}
				if asJSON(a.body) != asJSON(want) {
					t.Errorf("%s", a.raw)
				}
				if got := c.look(t, a.id()).data("status"); got != "sending" {
					t.Errorf("while the relay is silent it is %v", got)
				}
				speak()
				c.await(t, r.log, a.id())
				after := c.look(t, a.id())
				if after.data("status") != r.status || asJSON(states(after)) != asJSON(r.states) {
					t.Errorf("%s", after.raw)
				}
				if got := asJSON(c.ledger(t)); got != r.ledger {
					t.Errorf("the ledger is %s, not %s", got, r.ledger)
				}
				c.replays(t, a, three, key("k"))
				if attempts, _ := after.data("attempts").([]any); len(attempts) != 1 {
					t.Errorf("it was tried %d times", len(attempts))
				}
			})
		}
	})
}

// A large message is kept as it was rendered, too.
func TestPromiseOfALargeMessage(t *testing.T) {
	each(t, impatient, func(t *testing.T, h *house) {
		speak := h.relays[0].silent(t, "DOT", smtptest.Script{"DOT": says("452 full")})
		c := h.customer(t, 10)
		a := c.send(t, hello(mail{"text": strings.Repeat("Zeile für Zeile\r\n", 10_000), "html": "<p>hello</p>"}).json())
		a.is(t, 202, "", "")
		speak()
		c.await(t, "email queued", a.id())
		h.relays[0].says(nil)
		c.advance(time.Minute)
		c.restart(t)
		c.await(t, "email sent", a.id())
		all := h.relays[0].Messages()
		if len(all) != 2 || len(all[0].Data) < 170_000 || !bytes.Equal(all[0].Data, all[1].Data) {
			t.Errorf("%d messages, not twice the same", len(all))
		}
	})
}

// A client that hangs up cancels nothing.
func TestHangingUp(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		speak := h.relays[0].silent(t, "DOT", nil)
		c := h.customer(t, 10)
		ctx, hangUp := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", h.door.URL+sendPath, bytes.NewReader(hello().json()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "k")
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if res, err := h.door.Client().Do(r); err == nil {
				res.Body.Close()
				t.Error("there was an answer")
			}
		}()
		h.relays[0].Await(t, "DOT", 1)
		hangUp()
		<-gone
		speak()
		id := h.awaitAny(t, "email sent")
		a := c.send(t, hello().json(), key("k"))
		a.is(t, 200, "", "")
		if a.id() != id || a.header.Get("Idempotency-Replayed") != "true" || asJSON(c.ledger(t)) != "[10,-1]" || len(h.relayed()) != 1 {
			t.Errorf("%s, %v, %v", a.raw, c.ledger(t), h.relayed())
		}
	})
}
