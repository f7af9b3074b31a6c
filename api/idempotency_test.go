package api_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

func key(k string) headers { return headers{"Idempotency-Key": k} }

// replays checks that a call is answered as an earlier one was, byte for byte,
// and that nothing came of it.
func (c *customer) replays(t *testing.T, first *answer, body []byte, h headers) {
	t.Helper()
	balance, messages, relayed := c.balance(t), c.messages(t), len(c.relayed())
	again := c.send(t, body, h)
	if again.status != first.status || !bytes.Equal(again.raw, first.raw) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %v %s, not the stored %d %s", again.status, again.header, again.raw, first.status, first.raw)
	}
	if c.balance(t) != balance || c.messages(t) != messages || len(c.relayed()) != relayed {
		t.Errorf("a replay had an effect: %d credits, %d messages, %v", c.balance(t), c.messages(t), c.relayed())
	}
}

// 200, 202 and 502 are given again and charged once.
func TestReplay(t *testing.T) {
	for _, r := range []struct {
		name   string
		script smtptest.Script
		status int
		code   string
	}{
		{"200", nil, 200, ""},
		{"200 with refusals", smtptest.Script{"RCPT b@x.test": says("550 no")}, 200, ""},
		{"202", smtptest.Script{"RCPT": says("450 no")}, 202, ""},
		{"502", smtptest.Script{"RCPT": says("550 no")}, 502, "SMTP_FAILURE"},
	} {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{}, func(t *testing.T, h *house) {
				h.relays[0].says(r.script)
				c := h.customer(t, 10)
				first := c.send(t, three, key("k"))
				first.is(t, r.status, r.code, "")
				if got := first.header.Values("Idempotency-Replayed"); got != nil {
					t.Errorf("the first answer says Idempotency-Replayed: %q", got)
				}
				if r.status != 202 { // which is tried again by itself
					h.relays[0].says(nil)
				}
				c.replays(t, first, three, key("k"))
				c.advance(24*time.Hour - time.Millisecond)
				c.replays(t, first, three, key("k"))
				c.restart(t)
				c.replays(t, first, three, key("k"))
			})
		})
	}
}

// A stored 202 stays what was answered, whatever the message has become.
func TestReplayOfAPromiseThatWasKept(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c := h.customer(t, 10)
		first := c.send(t, three, key("k"))
		first.is(t, 202, "", "")
		h.relays[0].says(nil)
		c.advance(time.Minute)
		c.restart(t)
		c.await(t, "email sent", first.id())
		c.replays(t, first, three, key("k"))
	})
}

// After 24 hours the key is forgotten.
func TestReplayEnds(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		first := c.send(t, hello().json(), key("k"))
		c.advance(24 * time.Hour)
		other := hello(mail{"subject": "another day"}).json()
		second := c.send(t, other, key("k"))
		second.is(t, 200, "", "")
		if second.id() == first.id() || second.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%v %s", second.header, second.raw)
		}
		c.replays(t, second, other, key("k"))
	})
}

// The same key means the same bytes.
func TestIdempotencyKeyReused(t *testing.T) {
	bodies := map[string][]byte{
		"another message": hello(mail{"to": "grace@example.com"}).json(),
		"a space more":    append(hello().json(), ' '),
		"another order":   []byte(`{"text":"hello","to":"ada@example.com" }`),
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for name, body := range bodies {
			t.Run(name, func(t *testing.T) {
				r := row{arrange: useIdempotencyKey, header: key("used"), body: body, status: 409, code: "IDEMPOTENCY_KEY_REUSED"}
				r.run(t, h)
			})
		}
	})
}

// The keys of an account share its Idempotency-Keys; accounts do not.
func TestIdempotencyScope(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		first := c.send(t, hello().json(), key("k"))
		c.another(t).replays(t, first, hello().json(), key("k"))
		stranger := h.customer(t, 10).send(t, hello().json(), key("k"))
		stranger.is(t, 200, "", "")
		if stranger.id() == first.id() || stranger.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("a stranger was given %s", stranger.raw)
		}
		other := c.send(t, hello().json(), key("K"))
		if other.id() == first.id() {
			t.Error("K is k")
		}
	})
}

// A refused call leaves no trace: its key is free for any body.
func TestRefusedCallLeavesNoKey(t *testing.T) {
	rows := []row{
		{name: "400", body: []byte(`{"to":"ada"}`), status: 400, code: "INVALID_ADDRESS", field: "to"},
		{name: "413", body: hello(mail{"text": strings.Repeat("x", 512_001)}).json(), status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "403", body: hello(mail{"from": "stranger@mail.test"}).json(), status: 403, code: "SENDER_NOT_ALLOWED"},
		{name: "402", credits: -1, body: hello(mail{"subject": "too dear"}).json(), status: 402, code: "INSUFFICIENT_CREDITS"},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				c := h.customer(t, max(0, 10*(1+r.credits)))
				r.header = key("k")
				r.check(t, c)
				c.grant(t, 1)
				r = row{header: key("k"), body: hello().json(), status: 200, ledger: []int64{-1}, messages: 1, relayed: []string{"primary ada@example.com"}}
				if a := r.check(t, c); a.header.Get("Idempotency-Replayed") != "" {
					t.Error("it was replayed")
				}
			})
		}
	})
}

// What may stand in the header.
func TestIdempotencyKeyForm(t *testing.T) {
	x := strings.Repeat
	each(t, options{}, func(t *testing.T, h *house) {
		for _, good := range []string{"k", x("k", 255), "a b", ` !"#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`"} {
			c := h.customer(t, 10)
			first := c.send(t, hello().json(), key(good))
			first.is(t, 200, "", "")
			c.replays(t, first, hello().json(), key(good))
		}
		for name, bad := range map[string]string{"256 characters": x("k", 256), "not ASCII": "caf\u00e9", "a tab": "a\tb", "blanks alone": "  "} {
			t.Run(name, func(t *testing.T) {
				r := row{header: key(bad), body: hello().json(), status: 400, code: "INVALID_REQUEST", field: "Idempotency-Key"}
				r.run(t, h)
			})
		}
		t.Run("twice", func(t *testing.T) {
			c := h.customer(t, 10)
			q := request{method: "POST", path: sendPath, body: hello().json(), twice: "Idempotency-Key"}
			q.header = headers{"Authorization": "Bearer " + c.token, "Content-Type": "application/json", "Idempotency-Key": "k"}
			c.exchange(t, q).is(t, 400, "INVALID_REQUEST", "Idempotency-Key")
		})
	})
}

// While the first call runs, the same key is told to wait.
func TestIdempotencyInProgress(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		speak := h.relays[0].silent(t, "DOT", nil)
		c := h.customer(t, 10)
		first := c.begin(t, hello().json(), key("k"))
		h.relays[0].Await(t, "DOT", 1)
		a := c.send(t, hello().json(), key("k"))
		a.is(t, 409, "IDEMPOTENCY_IN_PROGRESS", "")
		if got := a.header.Get("Retry-After"); got != "1" {
			t.Errorf("Retry-After is %s", got)
		}
		c.send(t, hello(mail{"subject": "other"}).json(), key("k")).is(t, 409, "IDEMPOTENCY_KEY_REUSED", "")
		speak()
		done := <-first
		done.is(t, 200, "", "")
		c.replays(t, done, hello().json(), key("k"))
		if got := c.ledger(t); asJSON(got) != "[10,-1]" || len(h.relayed()) != 1 {
			t.Errorf("the ledger is %v, relayed %v", got, h.relayed())
		}
	})
}

// Fifty calls at once with one key, over all nodes, are one message.
func TestFiftyCallsWithOneKey(t *testing.T) {
	const calls = 50
	eachCluster(t, options{}, func(t *testing.T, nodes []*house) {
		var speak []func()
		for _, n := range nodes {
			speak = append(speak, n.relays[0].silent(t, "DOT", nil))
		}
		c := nodes[0].customer(t, 100)
		answers := make(chan *answer, calls)
		burst := func() {
			for i := range calls {
				a := c.at(nodes[i%len(nodes)]).begin(t, hello().json(), key("k"))
				go func() { answers <- <-a }()
			}
		}
		burst()
		for range calls - 1 {
			(<-answers).is(t, 409, "IDEMPOTENCY_IN_PROGRESS", "")
		}
		for _, f := range speak {
			f()
		}
		first := <-answers
		first.is(t, 200, "", "")
		burst()
		relayed := 0
		for range calls {
			if a := <-answers; !bytes.Equal(a.raw, first.raw) || a.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%d %s", a.status, a.raw)
			}
		}
		for _, n := range nodes {
			relayed += len(n.relayed())
		}
		if asJSON(c.ledger(t)) != "[100,-1]" || relayed != 1 || c.messages(t) != 1 {
			t.Errorf("the ledger is %v, relayed to %d, %d messages", c.ledger(t), relayed, c.messages(t))
		}
	})
}
