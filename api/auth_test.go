package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
)

const goodPassword = "correct horse battery"

// goodLogin is what registered and then signs in.
var goodLogin = mail{"email": "ada@example.com", "password": goodPassword}

// registered opens the house's first account, in a browser.
func (h *house) registered(t *testing.T) *browser {
	t.Helper()
	b := h.browser()
	b.do(t, "POST", "/api/v1/auth/register", mail{"email": " Ada@Example.com", "password": goodPassword, "name": " Ada "}).is(t, 201, "", "")
	return b
}

// What a page has to know beforehand.
func TestConfig(t *testing.T) {
	each(t, options{registration: "open"}, func(t *testing.T, h *house) {
		a := h.browser().get(t, "/api/v1/config")
		a.is(t, 200, "", "")
		if a.data("registration") != "open" || a.data("publicUrl") != h.door.URL || asJSON(a.data("mode")) != `{"email":"sandbox","sms":"off"}` ||
			asJSON(a.data("smtp")) != `{"host":"mail.test","port":587,"tlsPort":null}` || asJSON(a.data("limits")) != `{"emailBodyBytes":512000,"emailPerMinute":120,"emailRecipients":100,"smsCharacters":799}` {
			t.Errorf("%s", a.raw)
		}
	})
}

// From a stranger to an account, out and in again.
func TestRegisterAndSignIn(t *testing.T) {
	each(t, options{registration: "open"}, func(t *testing.T, h *house) {
		b := h.registered(t)
		me := b.get(t, "/api/v1/auth/me")
		me.is(t, 200, "", "")
		want := mail{"email": "ada@example.com", "name": "Ada", "role": "customer", "emailVerified": true, "mustChangePassword": false, "suspended": false,
			"prime": mail{"active": false, "until": nil}, "createdAt": "2026-03-01T12:00:00.000Z", "id": me.data("id")}
		if got := asJSON(me.body["data"]); got != asJSON(want) {
			t.Errorf("%s, not %s", got, asJSON(want))
		}
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": " Countess "}).is(t, 200, "", "")
		b.do(t, "PATCH", "/api/v1/auth/me", mail{}).is(t, 200, "", "")
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": "\n"}).is(t, 400, "INVALID_REQUEST", "name")
		if a := b.get(t, "/api/v1/auth/me"); a.data("name") != "Countess" {
			t.Errorf("%s", a.raw)
		}
		b.do(t, "POST", "/api/v1/auth/logout", nil).is(t, 204, "", "")
		if b.cookie != "" {
			t.Error("the cookie is not taken back")
		}
		b.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		b.do(t, "POST", "/api/v1/auth/logout", nil).is(t, 401, "UNAUTHENTICATED", "")
		again := b.do(t, "POST", "/api/v1/auth/login", goodLogin)
		again.is(t, 200, "", "")
		if again.data("name") != "Countess" {
			t.Errorf("%s", again.raw)
		}
		b.get(t, "/api/v1/auth/me").is(t, 200, "", "")
	})
}

// The cookie is out of reach of scripts and of other hosts, and the token in it
// is nowhere else.
func TestCookie(t *testing.T) {
	rows := map[string]string{
		"":                   "aviso=TOKEN; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax",
		"https://aviso.test": "__Host-aviso=TOKEN; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Lax",
	}
	for url, want := range rows {
		each(t, options{registration: "open", publicURL: url}, func(t *testing.T, h *house) {
			b := h.browser()
			a := b.do(t, "POST", "/api/v1/auth/register", mail{"email": "ada@example.com", "password": goodPassword, "name": "Ada"})
			name, token, _ := strings.Cut(b.cookie, "=")
			if got := a.header.Values("Set-Cookie"); len(got) != 1 || strings.Replace(got[0], token, "TOKEN", 1) != want || len(token) != 43 {
				t.Errorf("%q, not %q", got, want)
			}
			if strings.Contains(string(a.raw), token) || h.mentions(token) {
				t.Error("the token is told")
			}
			other := "__Host-aviso"
			if name == other {
				other = "aviso"
			}
			b.cookie = other + "=" + token
			b.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		})
	}
}

// A session that somebody else knows does not become the owner's, and one that
// was stolen is worth nothing once its owner has left.
func TestFixationAndTheft(t *testing.T) {
	each(t, options{registration: "open"}, func(t *testing.T, h *house) {
		b := h.registered(t)
		for _, planted := range []string{"aviso=" + strings.Repeat("A", 43), b.cookie} {
			victim := h.browser()
			victim.cookie = planted
			victim.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 200, "", "")
			if victim.cookie == planted {
				t.Error("the session is the one that was planted")
			}
			thief := h.browser()
			thief.cookie = planted
			thief.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
			thief.cookie = victim.cookie
			thief.get(t, "/api/v1/auth/me").is(t, 200, "", "")
			victim.do(t, "POST", "/api/v1/auth/logout", nil).is(t, 204, "", "")
			thief.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		}
	})
}

// A session ends by itself, and at every node.
func TestSessionEnds(t *testing.T) {
	eachCluster(t, options{}, func(t *testing.T, nodes []*house) {
		h, last := nodes[0], nodes[len(nodes)-1]
		b := h.customer(t, 0).page(t)
		h.advance(account.SessionIdle - time.Second)
		b.at(last).get(t, "/api/v1/auth/me").is(t, 200, "", "")
		h.advance(account.SessionIdle - time.Second)
		b.get(t, "/api/v1/auth/me").is(t, 200, "", "")
		h.advance(account.SessionIdle)
		b.at(last).get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		b.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
	})
}

// The owner sees where they are signed in, and ends it there; somebody else's
// session is as missing as one that never was.
func TestSessions(t *testing.T) {
	eachCluster(t, options{}, func(t *testing.T, nodes []*house) {
		h, last := nodes[0], nodes[len(nodes)-1]
		c := h.customer(t, 0)
		here, there, stranger := c.page(t), c.page(t), h.customer(t, 0).page(t)
		h.advance(time.Hour)
		here.get(t, "/api/v1/auth/me")
		list := here.get(t, "/api/v1/auth/sessions")
		list.is(t, 200, "", "")
		items := list.items()
		if len(items) != 2 || list.data("total") != 2.0 || items[0]["current"] != true || items[1]["current"] != false ||
			items[0]["lastSeenAt"] != "2026-03-01T13:00:00.000Z" || items[0]["ip"] != "127.0.0.1" || items[1]["ip"] != "192.0.2.7" || items[1]["userAgent"] != "test" {
			t.Fatalf("%s", list.raw)
		}
		id, _ := items[1]["id"].(string)
		path := "/api/v1/auth/sessions/"
		stranger.do(t, "DELETE", path+id, nil).is(t, 404, "NOT_FOUND", "")
		here.do(t, "DELETE", path+"nothing", nil).is(t, 404, "NOT_FOUND", "")
		there.get(t, "/api/v1/auth/me").is(t, 200, "", "")
		here.at(last).do(t, "DELETE", path+id, nil).is(t, 204, "", "")
		there.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		mine, _ := items[0]["id"].(string)
		here.do(t, "DELETE", path+mine, nil).is(t, 204, "", "")
		if here.cookie != "" {
			t.Error("the cookie of the session that asked is not taken back")
		}
	})
}

// Who was given a password may do nothing before choosing one; that puts the
// other sessions out.
func TestMustChangePassword(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		hash, err := account.NewPasswords(1).Hash(t.Context(), goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		h.write(t, func(tx *db.Tx) error {
			_, err := account.Create(tx, "test", account.New{Email: "ada@example.com", PasswordHash: hash, MustChangePassword: true})
			return err
		})
		b, other := h.browser(), h.browser()
		b.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 200, "", "")
		other.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 200, "", "")
		if a := b.get(t, "/api/v1/auth/me"); a.data("mustChangePassword") != true {
			t.Errorf("%s", a.raw)
		}
		b.get(t, "/api/v1/auth/sessions").is(t, 403, "MUST_CHANGE_PASSWORD", "")
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": "Ada"}).is(t, 403, "MUST_CHANGE_PASSWORD", "")
		b.do(t, "POST", "/api/v1/auth/password", mail{"current": "wrong", "new": "another good one"}).is(t, 400, "WRONG_PASSWORD", "current")
		b.do(t, "POST", "/api/v1/auth/password", mail{"current": goodPassword, "new": "short"}).is(t, 400, "INVALID_REQUEST", "new")
		b.do(t, "POST", "/api/v1/auth/password", mail{"current": goodPassword, "new": "another good one"}).is(t, 204, "", "")
		b.get(t, "/api/v1/auth/sessions").is(t, 200, "", "")
		other.get(t, "/api/v1/auth/me").is(t, 401, "UNAUTHENTICATED", "")
		other.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 401, "LOGIN_FAILED", "")
	})
}

// A suspended account goes on reading, changes nothing, and can sign in and out.
func TestSuspendedAtTheDashboard(t *testing.T) {
	each(t, options{registration: "open"}, func(t *testing.T, h *house) {
		b, there := h.registered(t), h.browser()
		b.get(t, "/api/v1/auth/me")
		h.exec(t, `UPDATE accounts SET suspended_at = 1`)
		there.do(t, "POST", "/api/v1/auth/login", goodLogin).is(t, 200, "", "")
		for _, path := range []string{"/api/v1/auth/me", "/api/v1/auth/sessions"} {
			b.get(t, path).is(t, 200, "", "")
		}
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": "Eve"}).is(t, 403, "ACCOUNT_SUSPENDED", "")
		if a := b.get(t, "/api/v1/auth/me"); a.data("name") != "Ada" || a.data("suspended") != true {
			t.Errorf("%s", a.raw)
		}
		b.do(t, "POST", "/api/v1/auth/password", mail{"current": goodPassword, "new": "another good one"}).is(t, 204, "", "")
		b.do(t, "POST", "/api/v1/auth/logout", nil).is(t, 204, "", "")
	})
}

// A page's calls have a limit of their own.
func TestPageBodies(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		b := h.customer(t, 0).page(t)
		big := mail{"name": strings.Repeat("x", 64<<10)}
		b.do(t, "PATCH", "/api/v1/auth/me", big).is(t, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "")
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": "x"}, headers{"Content-Type": "text/plain"}).is(t, 415, "UNSUPPORTED_MEDIA_TYPE", "")
		b.do(t, "PATCH", "/api/v1/auth/me", []string{}).is(t, 400, "INVALID_REQUEST", "")
		b.do(t, "PATCH", "/api/v1/auth/me", mail{"name": 1}).is(t, 400, "INVALID_REQUEST", "name")
	})
}
