package api

import (
	"net/http"
	"net/netip"
	"time"

	"aviso/account"
	"aviso/fault"
)

// accountRoutes is signing in, and what everybody has who is.
func (a *API) accountRoutes() []pageRoute {
	return []pageRoute{
		{"GET", "/api/v1/config", anyone, a.config},
		{"POST", "/api/v1/auth/register", anyone, a.register},
		{"POST", "/api/v1/auth/verify", anyone, a.verify},
		{"POST", "/api/v1/auth/verify/resend", guardian, a.resendVerification},
		{"POST", "/api/v1/auth/login", anyone, a.login},
		{"POST", "/api/v1/auth/logout", signedIn, a.logout},
		{"GET", "/api/v1/auth/me", signedIn, a.me},
		{"PATCH", "/api/v1/auth/me", owner, a.rename},
		{"GET", "/api/v1/auth/sessions", owner, a.listSessions},
		{"DELETE", "/api/v1/auth/sessions/{id}", guardian, a.endSession},
		{"POST", "/api/v1/auth/password", signedIn, a.changePassword},
		{"POST", "/api/v1/auth/reset", anyone, a.requestReset},
		{"POST", "/api/v1/auth/reset/confirm", anyone, a.confirmReset},
		{"GET", "/api/v1/events", owner, a.listen},
	}
}

// clientThrottles bound what one client may ask for without a session, on one
// node. What matters about an address is bounded over all nodes, in its row.
type clientThrottles struct{ logins, registrations, links *account.Throttle }

// A minute's worth for one client: an office behind one address signs in at
// once, but does not register at once.
const (
	loginsPerMinute        = 30
	registrationsPerMinute = 10
	linksPerMinute         = 10
)

func newClientThrottles(now func() time.Time) clientThrottles {
	return clientThrottles{account.NewThrottle(loginsPerMinute, now), account.NewThrottle(registrationsPerMinute, now), account.NewThrottle(linksPerMinute, now)}
}

// take counts a call of the client, or refuses it.
func (a *API) take(t *account.Throttle, r *http.Request) error {
	if f := t.Take(crowd(clientOf(r, a.site.TrustedProxies))); f != nil {
		again := fault.New(f.Kind, f.Code, "Too many tries from your address in the last 60 seconds. Wait as long as Retry-After says.")
		again.RetryAfter = f.RetryAfter
		return again
	}
	return nil
}

// visitor is who asks to be signed in.
func (a *API) visitor(r *http.Request) account.Visitor {
	return account.Visitor{Place: account.Place{IP: a.clientIP(r), UserAgent: r.UserAgent()}, Session: a.cookie(r)}
}

// clientIP is the address of who calls; empty if there is none.
func (a *API) clientIP(r *http.Request) string {
	if client := clientOf(r, a.site.TrustedProxies); client != (netip.Addr{}) {
		return client.String()
	}
	return ""
}

// protect refuses what a page of another site sends along with the visitor's
// cookie. The URL is trusted by name because a proxy in front may not pass the
// Host on that browsers know.
func protect(publicURL string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if publicURL != "" {
		if err := p.AddTrustedOrigin(publicURL); err != nil {
			return http.NewCrossOriginProtection() // stricter: the Host alone decides
		}
	}
	return p
}
