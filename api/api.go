// Package api is the HTTP door: it reads requests, hands them to the packages
// that own the rules, and writes their outcome as the contract says.
//
// One file for each resource; the table in routes is the whole product at a
// glance and is held against openapi.yaml by a test. The package knows no SQL
// and no rule: a kind of fault becomes a status in errors.go and nowhere else.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"aviso/account"
	"aviso/email"
	"aviso/fault"
)

// Database is what the readiness probe asks.
type Database interface {
	Ping(context.Context) error
	Migrated(context.Context) (bool, error)
}

// Config is what the API is made from.
type Config struct {
	Email     *email.Service
	Limits    email.Limits
	Callers   *account.Callers // who an email key belongs to
	CheckKey  func(context.Context, account.Caller) error
	Database  Database
	Now       func() time.Time
	Log       *slog.Logger
	RequestID func() string
}

// API answers HTTP requests.
type API struct {
	email    *email.Service
	limits   email.Limits
	callers  *account.Callers
	checkKey func(context.Context, account.Caller) error
	lookups  *account.Throttle
	database Database
	now      func() time.Time
	log      *slog.Logger
	newID    func() string
	drain    sync.Once
	draining chan struct{}
	mux      *http.ServeMux
}

// lookupsPerMinute bounds status and cancel calls with one key (contract,
// part 3).
const lookupsPerMinute = 600

// New returns the API. It is an http.Handler.
func New(c Config) *API {
	a := &API{email: c.Email, limits: c.Limits, callers: c.Callers, checkKey: c.CheckKey, lookups: account.NewThrottle(lookupsPerMinute, c.Now),
		database: c.Database, now: c.Now, log: c.Log, newID: c.RequestID, draining: make(chan struct{}), mux: http.NewServeMux()}
	for _, r := range a.routes() {
		a.mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve))
	}
	return a
}

// route is one operation: what serves it writes the answer, or returns a fault.
type route struct {
	method, pattern string
	serve           func(http.ResponseWriter, *http.Request) error
}

func (a *API) routes() []route {
	return []route{
		{"POST", "/api/v1/email/send", a.sendEmail},
		{"GET", "/api/v1/email/messages/{messageId}", a.emailMessage},
		{"POST", "/api/v1/email/messages/{messageId}/cancel", a.cancelEmail},
		{"GET", "/api/openapi.yaml", a.openAPI},
		{"GET", "/healthz", a.healthz},
		{"GET", "/readyz", a.readyz},
	}
}

// Drain makes every new call 503 and /readyz say so, for good. What is running
// goes on.
func (a *API) Drain() { a.drain.Do(func() { close(a.draining) }) }

func (a *API) isDraining() bool {
	select {
	case <-a.draining:
		return true
	default:
		return false
	}
}

var errDraining = fault.Later("The server is shutting down. Ask again; another node or the next start answers.", 2*time.Second, nil)
