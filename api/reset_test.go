package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/transport/smtprelay/smtptest"
)

// letter waits for the nth mail of a relay, from 0, and returns its recipient
// and the token in it.
func (h *house) letter(t *testing.T, n int) (to, token string) {
	t.Helper()
	late := time.After(patience)
	var list []smtptest.Message
	for len(list) <= n {
		h.awaitMore(t, late)
		list = slices.DeleteFunc(h.relays[0].Messages(), func(m smtptest.Message) bool { return len(m.Data) == 0 })
	}
	m := list[n]
	_, token, ok := strings.Cut(string(m.Data), "#token=")
	if !ok {
		t.Fatalf("no link in %s", m.Data)
	}
	token, _, _ = strings.Cut(token, "\r\n")
	return m.To[0], token
}

// awaitMore blocks until the log says more, or a moment.
func (j *journal) awaitMore(t *testing.T, late <-chan time.Time) {
	t.Helper()
	j.mu.Lock()
	more := j.more
	j.mu.Unlock()
	select {
	case <-more:
	case <-late:
		t.Fatal("no mail came")
	case <-time.After(50 * time.Millisecond): // the relay is a step ahead of the log
	}
}

// Where mail leaves the house, a new account sends nothing before the link that
// was mailed to it is opened; then at once.
func TestVerifyBeforeSending(t *testing.T) {
	eachCluster(t, options{registration: "open", live: true}, func(t *testing.T, nodes []*house) {
		h, last := nodes[0], nodes[len(nodes)-1]
		b := h.registered(t)
		me := b.get(t, "/api/v1/auth/me")
		if me.data("emailVerified") != false {
			t.Errorf("%s", me.raw)
		}
		id, _ := me.data("id").(string)
		c := &customer{house: h, account: account.Account{ID: id}}
		h.write(t, func(tx *db.Tx) (err error) {
			c.key, c.token, err = account.CreateKey(tx, "test", c.account, account.Email, "first")
			return err
		})
		c.send(t, hello().json()).is(t, 403, "EMAIL_NOT_VERIFIED", "")
		if n := c.balance(t); n != starterCredits || c.messages(t) != 0 {
			t.Errorf("%d credits, %d messages", n, c.messages(t))
		}
		to, token := h.letter(t, 0)
		if to != "ada@example.com" {
			t.Errorf("the link went to %s", to)
		}
		stranger := last.browser()
		stranger.do(t, "POST", "/api/v1/auth/verify", mail{"token": token + "x"}).is(t, 400, "TOKEN_INVALID", "token")
		c.send(t, hello().json()).is(t, 403, "EMAIL_NOT_VERIFIED", "")
		stranger.do(t, "POST", "/api/v1/auth/verify", mail{"token": token}).is(t, 204, "", "")
		c.send(t, hello().json()).is(t, 200, "", "")
		stranger.do(t, "POST", "/api/v1/auth/verify", mail{"token": token}).is(t, 400, "TOKEN_INVALID", "token")
		b.do(t, "POST", "/api/v1/auth/verify/resend", nil).is(t, 204, "", "")
		if me := b.get(t, "/api/v1/auth/me"); me.data("emailVerified") != true || stranger.cookie != "" {
			t.Errorf("%s", me.raw)
		}
	})
}

// Whoever has an address, the answers are the same, byte for byte; only its
// owner gets a mail, and the link in it is not made of the request's Host.
func TestResetTellsNobody(t *testing.T) {
	eachCluster(t, options{registration: "open"}, func(t *testing.T, nodes []*house) {
		h, last := nodes[0], nodes[len(nodes)-1]
		b := h.registered(t)
		h.letter(t, 0) // the welcome
		thief := h.browser()
		poison := headers{"X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
		for _, row := range []struct {
			path   string
			bodies [2]mail
		}{
			{"/api/v1/auth/reset", [2]mail{{"email": "nobody@example.com"}, {"email": "ada@example.com"}}},
			{"/api/v1/auth/login", [2]mail{{"email": "nobody@example.com", "password": "a wrong one"}, {"email": "ada@example.com", "password": "a wrong one"}}},
		} {
			unknown, known := thief.do(t, "POST", row.path, row.bodies[0], poison), thief.do(t, "POST", row.path, row.bodies[1], poison)
			for _, a := range []*answer{unknown, known} {
				a.header.Del("X-Request-Id")
				a.header.Del("Date")
			}
			if unknown.status != known.status || string(unknown.raw) != string(known.raw) || asJSON(unknown.header) != asJSON(known.header) {
				t.Errorf("%s: %d %s %v\n%d %s %v", row.path, unknown.status, unknown.raw, unknown.header, known.status, known.raw, known.header)
			}
		}
		to, token := h.letter(t, 1)
		data := string(h.relays[0].Messages()[1].Data)
		if to != "ada@example.com" || !strings.Contains(data, h.door.URL+"/reset#token=") || strings.Contains(data, "evil") || h.mentions(token) {
			t.Errorf("to %s:\n%s", to, data)
		}
		confirm := func(at *house, password string) *answer {
			return at.browser().do(t, "POST", "/api/v1/auth/reset/confirm", mail{"token": token, "password": password})
		}
		confirm(last, "short").is(t, 400, "INVALID_REQUEST", "password")
		b.get(t, "/api/v1/auth/me").is(t, 200, "", "")
		confirm(last, "another good one").is(t, 204, "", "")
		confirm(h, "a thief's password").is(t, 400, "TOKEN_INVALID", "token")
		b.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		b.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 401, "LOGIN_FAILED", "")
		b.do(t, "POST", "/api/v1/auth/login", mail{"email": "ada@example.com", "password": "another good one"}).is(t, 200, "", "")
	})
}

// A link that could not be mailed at once is mailed later, also by the next
// process.
func TestResetWhileTheRelayIsAway(t *testing.T) {
	each(t, options{registration: "open"}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		h.registered(t)
		h.awaitAny(t, "email queued")
		h.relays[0].says(nil)
		h.later(t, 2*time.Minute)
		if to, _ := h.letter(t, 0); to != "ada@example.com" {
			t.Error(to)
		}
	})
}

// Two nodes count the tries with an address together.
func TestLoginOverNodes(t *testing.T) {
	eachCluster(t, options{noRelay: true}, func(t *testing.T, nodes []*house) {
		for n := range 6 {
			b := nodes[n%len(nodes)].browser()
			a := b.do(t, "POST", "/api/v1/auth/login", mail{"email": "nobody@example.com", "password": "a wrong one"})
			if n < 5 {
				a.is(t, 401, "LOGIN_FAILED", "")
			} else {
				a.is(t, 429, "RATE_LIMITED", "")
			}
		}
	})
}

// Who may not register learns why, and a taken address is 409.
func TestRegistrationRefused(t *testing.T) {
	ada := mail{"email": "ada@example.com", "password": goodPassword, "name": "Ada"}
	rows := []struct {
		registration string
		change       mail
		status       int
		code, field  string
	}{
		{"closed", mail{}, 403, "REGISTRATION_CLOSED", ""},
		{"invite", mail{}, 403, "INVITE_INVALID", "invite"},
		{"invite", mail{"invite": "x"}, 403, "INVITE_INVALID", "invite"},
		{"open", mail{"email": "x"}, 400, "INVALID_ADDRESS", "email"},
		{"open", mail{"password": "x"}, 400, "INVALID_REQUEST", "password"},
		{"open", mail{"name": ""}, 400, "INVALID_REQUEST", "name"},
		{"open", mail{"email": "taken@example.com"}, 409, "EMAIL_TAKEN", "email"},
	}
	for _, registration := range []string{"closed", "invite", "open"} {
		each(t, options{registration: registration, noRelay: true}, func(t *testing.T, h *house) {
			h.write(t, func(tx *db.Tx) error {
				_, err := account.Create(tx, "test", account.New{Email: "taken@example.com"})
				return err
			})
			for _, r := range rows {
				if r.registration != registration {
					continue
				}
				body := mail{}
				for _, m := range []mail{ada, r.change} {
					for k, v := range m {
						body[k] = v
					}
				}
				b := h.browser()
				b.do(t, "POST", "/api/v1/auth/register", body).is(t, r.status, r.code, r.field)
				if b.cookie != "" {
					t.Errorf("%v: a session was given", r)
				}
			}
		})
	}
}
