package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// unavailable checks a 503: it says when to come back, and that nothing came
// of the call.
func (a *answer) unavailable(t *testing.T) {
	t.Helper()
	a.is(t, 503, "UNAVAILABLE", "")
	if a.id() != "" {
		t.Errorf("it names a message: %s", a.raw)
	}
}

// Without a relay sending is off; a bad key is still a bad key.
func TestNoRelay(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		r := row{body: hello().json(), status: 503, code: "UNAVAILABLE"}
		r.run(t, h)
		c := h.customer(t, 10)
		c.send(t, hello().json(), headers{"Authorization": ""}).is(t, 401, "UNAUTHORIZED", "")
		c.look(t, "nothing").is(t, 404, "NOT_FOUND", "")
		h.exchange(t, request{method: "GET", path: "/readyz"}).is(t, 200, "", "")
	})
}

// A server that is shutting down takes nothing new; what runs is finished.
func TestDraining(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		id := c.send(t, hello().json(), key("k")).id()
		speak := h.relays[0].silent(t, "DOT", nil)
		running := c.begin(t, hello().json())
		h.relays[0].Await(t, "DOT", 2)
		h.api.Drain()
		r := row{body: hello().json(), status: 503, code: "UNAVAILABLE"}
		r.check(t, c)
		c.send(t, hello().json(), key("k")).unavailable(t)
		c.look(t, id).unavailable(t)
		c.cancel(t, id).unavailable(t)
		h.exchange(t, request{method: "GET", path: "/readyz"}).unavailable(t)
		h.exchange(t, request{method: "GET", path: "/healthz"}).is(t, 200, "", "")
		speak()
		(<-running).is(t, 200, "", "")
	})
}

// Without its database the server says so, and sends nothing.
func TestDatabaseGone(t *testing.T) {
	eachMortal(t, options{}, func(t *testing.T, h *house) {
		known, unknown := h.customer(t, 10), h.customer(t, 10)
		id := known.send(t, hello().json(), key("k")).id()
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func() *answer{
			"send":                      func() *answer { return known.send(t, hello().json()) },
			"send, with an unknown key": func() *answer { return unknown.send(t, hello().json()) },
			"send, malformed":           func() *answer { return known.send(t, []byte(`{}`)) },
			"replay":                    func() *answer { return known.send(t, hello().json(), key("k")) },
			"look":                      func() *answer { return known.look(t, id) },
			"look, with an unknown key": func() *answer { return unknown.look(t, id) },
			"cancel":                    func() *answer { return known.cancel(t, id) },
			"readyz":                    func() *answer { return h.exchange(t, request{method: "GET", path: "/readyz"}) },
		} {
			t.Run(name, func(t *testing.T) { call().unavailable(t) })
		}
		h.exchange(t, request{method: "GET", path: "/healthz"}).is(t, 200, "", "")
		// The checksum tells an invented key without asking.
		known.send(t, hello().json(), headers{"Authorization": "Bearer hyd-mail-" + strings.Repeat("a", 40)}).is(t, 401, "UNAUTHORIZED", "")
		if got := h.relayed(); len(got) != 1 {
			t.Errorf("relayed %v", got)
		}
	})
}

// A fault of our own says nothing about its cause.
func TestInternalFault(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		id := c.send(t, hello().json()).id()
		h.exec(t, `DROP TABLE email_attempts`)
		a := c.look(t, id)
		a.is(t, http.StatusInternalServerError, "INTERNAL", "")
		if strings.Contains(string(a.raw), "email_attempts") || strings.Contains(string(a.raw), "SQL") {
			t.Errorf("it tells its cause: %s", a.raw)
		}
		lines := h.all()
		if last := lines[len(lines)-1]; last.fields["request"] != a.header.Get("X-Request-Id") || !strings.Contains(last.fields["cause"], "email_attempts") {
			t.Errorf("the log says %v", last)
		}
	})
}
