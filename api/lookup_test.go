package api_test

import (
	"strings"
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// The whole of a message, as its owner sees it.
func TestLook(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"RCPT b@x.test": says("550 5.1.1 nobody"), "RCPT c@x.test": says("450 4.2.1 not now")})
		c := h.customer(t, 10)
		sent := c.send(t, hello(mail{"to": []string{"a@x.test", "b@x.test"}, "cc": "c@x.test", "subject": "Hi"}).json())
		sent.is(t, 202, "", "")
		a := c.look(t, sent.id())
		a.is(t, 200, "", "")
		person := func(kind, address, state string, code any, enhanced, reply any) mail {
			return mail{"kind": kind, "address": address, "state": state, "code": code, "enhancedCode": enhanced, "reply": reply}
		}
		want := mail{
			"messageId": sent.id(), "smtpMessageId": "<" + sent.id() + "@mail.test>", "status": "queued", "from": "noreply@mail.test", "subject": "Hi",
			"creditsCharged": 2, "createdAt": "2026-03-01T12:00:00.000Z", "sentAt": nil, "nextAttemptAt": "2026-03-01T12:00:30.000Z", "lastError": "not now",
			"recipients": []mail{
				person("to", "a@x.test", "taken", 250, "2.0.0", "queued as 1"),
				person("to", "b@x.test", "refused", 550, "5.1.1", "nobody"),
				person("cc", "c@x.test", "waiting", 450, "4.2.1", "not now"),
			},
			"attempts": []mail{{"relay": "primary", "outcome": "later", "code": 450, "enhancedCode": "4.2.1", "reply": "not now",
				"startedAt": "2026-03-01T12:00:00.000Z", "durationMs": attemptDuration(a)}},
		}
		for name, value := range want {
			if got := asJSON(a.data(name)); got != asJSON(value) {
				t.Errorf("%s is %s, not %s", name, got, asJSON(value))
			}
		}
	})
}

// attemptDuration is how long the first attempt took, which no test can know.
func attemptDuration(a *answer) any {
	attempts, _ := a.data("attempts").([]any)
	if len(attempts) == 0 {
		return nil
	}
	attempt, _ := attempts[0].(map[string]any)
	return attempt["durationMs"]
}

// Who may ask about a message, and who may not.
func TestLookRefusals(t *testing.T) {
	rows := []struct {
		name    string
		arrange func(*testing.T, *customer)
		id      string // in place of the message's own
		header  headers
		status  int
		code    string
	}{
		{"its own", nil, "", nil, 200, ""},
		{"never was", nil, "0190a5d2-7c1e-7b3a-9f4d-2b8c6e1f0a57", nil, 404, "NOT_FOUND"},
		{"not Unicode", nil, "%ff%fe", nil, 404, "NOT_FOUND"},
		{"very long", nil, strings.Repeat("x", 5000), nil, 404, "NOT_FOUND"},
		{"no id at all", nil, "%00'%22%20OR%201=1", nil, 404, "NOT_FOUND"},
		{"no key", nil, "", headers{"Authorization": ""}, 401, "UNAUTHORIZED"},
		{"a deleted key", deleteKey, "", nil, 401, "UNAUTHORIZED"},
		{"a rotated key", rotateKey, "", nil, 401, "UNAUTHORIZED"},
		{"a disabled key", disableKey, "", nil, 403, "KEY_DISABLED"},
		{"a suspended account", suspend, "", nil, 403, "ACCOUNT_SUSPENDED"},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		for _, r := range rows {
			for _, q := range []struct{ method, end string }{{"GET", ""}, {"POST", "/cancel"}} {
				t.Run(r.name+q.end, func(t *testing.T) {
					c := h.customer(t, 10)
					id := c.send(t, hello().json()).id()
					if r.arrange != nil {
						r.arrange(t, c)
					}
					if r.id != "" {
						id = r.id
					}
					c.call(t, q.method, "/api/v1/email/messages/"+id+q.end, nil, r.header).is(t, r.status, r.code, "")
					if refused, b := r.status != 200, c.balance(t); refused && b != 9 {
						t.Errorf("the balance is %d", b)
					}
				})
			}
		}
	})
}

// A foreign message is as missing as one that never was, also to be cancelled.
func TestForeignMessage(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c, stranger := h.customer(t, 10), h.customer(t, 10)
		id := c.send(t, hello().json()).id()
		stranger.look(t, id).is(t, 404, "NOT_FOUND", "")
		stranger.cancel(t, id).is(t, 404, "NOT_FOUND", "")
		if a := c.another(t).look(t, id); a.data("status") != "queued" || c.balance(t) != 9 || stranger.balance(t) != 10 {
			t.Errorf("%s", a.raw)
		}
	})
}

// Looking and cancelling have 600 a minute together, apart from the 120.
func TestLookLimit(t *testing.T) {
	each(t, options{rateLimit: 5}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		id := c.send(t, hello().json()).id()
		for range 300 {
			c.look(t, id).is(t, 200, "", "")
			c.cancel(t, id).is(t, 409, "NOT_QUEUED", "")
		}
		for _, a := range []*answer{c.look(t, id), c.cancel(t, id)} {
			a.is(t, 429, "RATE_LIMITED", "")
			if got := a.header.Get("Retry-After"); got != "61" {
				t.Errorf("Retry-After is %s", got)
			}
		}
		c.callTimes(t, 4)
		c.limited(t, 61)
		c.another(t).look(t, id).is(t, 200, "", "")
		c.advance(time.Minute + time.Millisecond)
		c.look(t, id).is(t, 200, "", "")
	})
}
