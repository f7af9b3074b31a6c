package api_test

import (
	"net/netip"
	"strings"
	"testing"

	"aviso/account"
	"aviso/db"
)

// everyPageRoute calls f for each operation of the dashboard, with a path that
// leads to nothing.
func everyPageRoute(h *house, f func(method, path, who string)) {
	for route, who := range h.api.PageRoutes() {
		method, path, _ := strings.Cut(route, " ")
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if strings.HasPrefix(p, "{") {
				parts[i] = db.NewID()
			}
		}
		f(method, strings.Join(parts, "/"), who)
	}
}

// No page of another site writes, whoever is signed in, and whether it needs
// that or not. This holds for each operation there is or will be.
func TestOrigins(t *testing.T) {
	const site = "https://aviso.test"
	rows := []struct {
		name    string
		header  headers
		refused bool
	}{
		{"the page itself", headers{"Sec-Fetch-Site": "same-origin", "Origin": site}, false},
		{"typed into the address bar", headers{"Sec-Fetch-Site": "none"}, false},
		{"no browser", headers{"Sec-Fetch-Site": ""}, false},
		{"an old browser, from here", headers{"Sec-Fetch-Site": "", "Origin": site}, false},
		{"another site", headers{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, true},
		{"another site that hides", headers{"Sec-Fetch-Site": "cross-site", "Origin": "null"}, true},
		{"a neighbour", headers{"Sec-Fetch-Site": "same-site", "Origin": "https://blog.aviso.test"}, true},
		{"an old browser, from elsewhere", headers{"Sec-Fetch-Site": "", "Origin": "https://evil.test"}, true},
		{"an old browser that hides", headers{"Sec-Fetch-Site": "", "Origin": "null"}, true},
	}
	each(t, options{noRelay: true, publicURL: site}, func(t *testing.T, h *house) {
		everyPageRoute(h, func(method, path, who string) {
			if method == "GET" {
				return
			}
			for _, r := range rows {
				a := h.browser().do(t, method, path, mail{}, r.header)
				if code := a.body["code"]; (code == "CROSS_ORIGIN") != r.refused || r.refused && a.status != 403 {
					t.Errorf("%s %s from %s: %d %v", method, path, r.name, a.status, code)
				}
			}
		})
		// A form needs no script and no permission, and is no JSON.
		a := h.browser().do(t, "POST", "/api/v1/auth/login", mail{}, headers{"Sec-Fetch-Site": "", "Content-Type": "text/plain"})
		a.is(t, 415, "UNSUPPORTED_MEDIA_TYPE", "")
	})
}

// Who gets through to what, for each operation there is or will be.
func TestWhoMayCall(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		operator := h.operator(t)
		flag := func(a account.Account, column string) account.Account {
			h.exec(t, `UPDATE accounts SET `+column+` WHERE id = $1`, a.ID)
			return a
		}
		suspended := flag(h.customer(t, 0).account, "suspended_at = 1")
		given := flag(h.customer(t, 0).account, "must_change_password = TRUE")
		stopped := flag(h.operator(t).account, "suspended_at = 1")
		everyPageRoute(h, func(method, path, who string) {
			writes := method != "GET"
			for _, r := range []struct {
				name    string
				browser *browser
				code    string
			}{
				{"nobody", h.browser(), when(who != "anyone", "UNAUTHENTICATED")},
				{"a customer", c.page(t), when(who == "operator", "FORBIDDEN")},
				{"a suspended customer", h.signIn(t, suspended), when(who == "operator", "FORBIDDEN") + when(who == "owner" && writes, "ACCOUNT_SUSPENDED")},
				{"a customer with a password that was given", h.signIn(t, given),
					when(who == "operator", "FORBIDDEN") + when(who == "owner" || who == "guardian", "MUST_CHANGE_PASSWORD")},
				{"an operator", h.signIn(t, operator.account), ""},
				{"a suspended operator", h.signIn(t, stopped), when((who == "owner" || who == "operator") && writes, "ACCOUNT_SUSPENDED")},
			} {
				if r.code == "" && (path == "/api/v1/events" || who == "anyone") {
					continue // which has tests of its own
				}
				a := r.browser.do(t, method, path, when2(writes, mail{}))
				code, _ := a.body["code"].(string)
				gate := map[string]bool{"UNAUTHENTICATED": true, "FORBIDDEN": true, "MUST_CHANGE_PASSWORD": true, "ACCOUNT_SUSPENDED": true}
				if code != r.code && (r.code != "" || gate[code]) {
					t.Errorf("%s %s by %s: %q, not %q", method, path, r.name, code, r.code)
				}
			}
		})
	})
}

func when(c bool, code string) string {
	if c {
		return code
	}
	return ""
}

func when2(c bool, body mail) any {
	if c {
		return body
	}
	return nil
}

// A list is asked for in parts that have a limit.
func TestSpans(t *testing.T) {
	rows := []struct{ query, field string }{
		{"", ""}, {"?limit=1", ""}, {"?limit=200&offset=3", ""}, {"?offset=1000000", ""},
		{"?limit=0", "limit"}, {"?limit=201", "limit"}, {"?limit=", "limit"}, {"?limit=-1", "limit"}, {"?limit=1e2", "limit"}, {"?limit=99999999999999999999", "limit"},
		{"?offset=-1", "offset"}, {"?offset=x", "offset"}, {"?limit=x&offset=x", "limit"},
	}
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		b := c.page(t)
		for range 3 {
			c.page(t)
		}
		for _, r := range rows {
			a := b.get(t, "/api/v1/auth/sessions"+r.query)
			if r.field != "" {
				a.is(t, 400, "INVALID_REQUEST", r.field)
				continue
			}
			a.is(t, 200, "", "")
			if a.data("total") != 4.0 {
				t.Errorf("%s: %s", r.query, a.raw)
			}
		}
		a := b.get(t, "/api/v1/auth/sessions?limit=3&offset=2")
		if len(a.items()) != 2 || a.data("limit") != 3.0 || a.data("offset") != 2.0 {
			t.Errorf("%s", a.raw)
		}
	})
}

// A client is slowed by its own address. What proxies say of it counts only if
// they are trusted.
func TestClientsAreSlowed(t *testing.T) {
	rows := []struct {
		name, proxy string
		forwarded   func(call int) string
		slowed      bool
	}{
		{"no proxy", "", func(int) string { return "" }, true},
		{"a stranger that claims to be one", "", func(n int) string { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}).String() }, true},
		{"a proxy with many clients", "127.0.0.0/8", func(n int) string { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}).String() }, false},
		{"a proxy with one that lies", "127.0.0.0/8", func(n int) string {
			return netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}).String() + ", 192.0.2.1"
		}, true},
		{"a proxy with one that has a whole network", "127.0.0.0/8", func(n int) string {
			return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(n)}).String()
		}, true},
	}
	for _, r := range rows {
		o := options{registration: "open", noRelay: true}
		if r.proxy != "" {
			o.proxies = []netip.Prefix{netip.MustParsePrefix(r.proxy)}
		}
		t.Run(r.name, func(t *testing.T) {
			each(t, o, func(t *testing.T, h *house) {
				for path, limit := range map[string]int{"/api/v1/auth/register": 10, "/api/v1/auth/login": 30, "/api/v1/auth/reset": 10} {
					var last *answer
					for n := range limit + 1 {
						last = h.browser().do(t, "POST", path, []string{}, headers{"X-Forwarded-For": r.forwarded(n)})
						if n < limit && last.status == 429 {
							t.Fatalf("%s: call %d is slowed", path, n)
						}
					}
					if slowed := last.status == 429; slowed != r.slowed {
						t.Errorf("%s: call %d is answered %d", path, limit, last.status)
					}
					if r.slowed {
						last.is(t, 429, "RATE_LIMITED", "")
					}
				}
			})
		})
	}
}
