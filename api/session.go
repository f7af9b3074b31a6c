package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"aviso/account"
	"aviso/fault"
)

// session is who calls from the dashboard: the account as it is at this moment,
// and the session that says so.
type session struct {
	account.Account
	sessionID string
	now       int64 // the database's time, milliseconds UTC
}

// caller is who may call an operation of the dashboard. Whether one is a write
// is in its method: GET changes nothing, everything else does.
type caller uint8

const (
	anyone   caller = iota // the session handed over is empty
	signedIn               // also who must choose a password first
	guardian               // of the own sign-in: also a suspended account's writes
	owner                  // of the account's things
	operator
)

// pageRoute is one operation of the dashboard.
type pageRoute struct {
	method, pattern string
	who             caller
	serve           func(http.ResponseWriter, *http.Request, session) error
}

// pageRoutes is all of the dashboard, an area after the other.
func (a *API) pageRoutes() []pageRoute {
	return slices.Concat(
		a.accountRoutes(),
		a.emailRoutes(),
		a.smsRoutes(),
		a.billingRoutes(),
		a.operatorRoutes(),
	)
}

// page is the one place that decides who gets through to an operation of the
// dashboard. Its refusals in order: another site's write, no session, a
// customer at an operator's, a password to be changed, a suspended account.
func (a *API) page(p pageRoute) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		// Signing in is protected too: another site must not sign a visitor
		// into an account of its own.
		if err := a.origins.Check(r); err != nil {
			return errCrossOrigin
		}
		if p.who == anyone {
			return p.serve(w, r, session{})
		}
		v, err := a.sessions.Use(r.Context(), a.cookie(r), a.clientIP(r))
		if err != nil {
			return err
		}
		who := session{v.Account, v.Session.ID, v.Now}
		if err := who.refuse(p.who, r.Method); err != nil {
			return err
		}
		return p.serve(w, r, who)
	}
}

// refuse says why an operation is not for this session, if it is not.
func (s session) refuse(who caller, method string) error {
	reads := method == http.MethodGet || method == http.MethodHead
	switch {
	case who == operator && !s.Admin:
		return errNotOperator
	case who != signedIn && s.MustChangePassword:
		return errMustChangePassword
	case who != signedIn && who != guardian && !reads && s.SuspendedAt != 0:
		return errSuspended
	}
	return nil
}

// Refusals of a session.
var (
	errCrossOrigin        = fault.New(fault.Forbidden, "CROSS_ORIGIN", "This call came from another site. The dashboard's calls are made by its own page; programs use an API key.")
	errNotOperator        = fault.New(fault.Forbidden, "FORBIDDEN", "This is for operators.")
	errMustChangePassword = fault.New(fault.Forbidden, "MUST_CHANGE_PASSWORD", "Choose a password of your own first: POST /api/v1/auth/password.")
	errSuspended          = fault.New(fault.Forbidden, "ACCOUNT_SUSPENDED", "This account is suspended: it can look, and change nothing. Write to the operator.")
)

// cookieName is the session's cookie. Browsers take __Host- only over HTTPS,
// from this very host, for all its paths: nobody beside it can plant one
// (RFC 6265bis, section 4.1.3.2).
func (a *API) cookieName() string {
	if a.secure() {
		return "__Host-aviso"
	}
	return "aviso"
}

func (a *API) secure() bool { return strings.HasPrefix(a.site.PublicURL, "https://") }

// cookie is the token that a call brings; empty if none.
func (a *API) cookie(r *http.Request) string {
	c, err := r.Cookie(a.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie hands a session's token to the browser, or takes it back when it is
// empty. The server decides when the session ends; the cookie only outlives it.
func (a *API) setCookie(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: a.cookieName(), Value: token, Path: "/", MaxAge: int(account.SessionLife / time.Second),
		Secure: a.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// maxPageBody bounds what a page sends.
const maxPageBody = 64 << 10

// readBody puts the JSON object that a page sends into the struct that into
// points to.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	raw, f := readUpTo(w, r, maxPageBody)
	if f == nil {
		f = decode(raw, into)
	}
	if f != nil {
		return f
	}
	return nil
}
