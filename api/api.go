// Package api is the HTTP door: it reads requests, hands them to the packages
// that own the rules, and writes their outcome as the contract says.
//
// One file for each resource; the tables in routes and pageRoutes are the whole
// product at a glance and are held against openapi.yaml by a test. The package knows no SQL
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
	"aviso/sms"
)

// Database is what the readiness probe asks.
type Database interface {
	Ping(context.Context) error
	Migrated(context.Context) (bool, error)
}

// Config is what the API is made from.
type Config struct {
	Email       *email.Service
	Limits      email.Limits
	Callers     *account.Callers // who an email key belongs to
	SMS         *sms.Service
	TextLimits  sms.Limits
	TextCallers *account.Callers // who an SMS token belongs to
	Hooks       map[string]Hook  // by gateway
	CheckKey    func(context.Context, account.Caller) error
	Sessions    *account.Sessions  // who is signed in at the dashboard
	Reception   *account.Reception // how one signs in
	Events      *Events            // what others publish hints to; one of its own if nil
	Site        Site
	EmailPages  EmailPages
	Billing     BillingPages
	SMSPages    SMSPages
	Operator    OperatorPages
	Database    Database
	Now         func() time.Time
	Log         *slog.Logger
	RequestID   func() string
}

// API answers HTTP requests.
type API struct {
	email       *email.Service
	limits      email.Limits
	callers     *account.Callers
	sms         *sms.Service
	textLimits  sms.Limits
	textCallers *account.Callers
	hooks       map[string]Hook
	checkKey    func(context.Context, account.Caller) error
	lookups     *account.Throttle
	sessions    *account.Sessions
	desk        *account.Reception
	clients     clientThrottles
	origins     *http.CrossOriginProtection
	events      *Events
	site        Site
	emailPages  EmailPages
	billing     BillingPages
	smsPages    SMSPages
	operator    OperatorPages
	database    Database
	now         func() time.Time
	log         *slog.Logger
	newID       func() string
	drain       sync.Once
	draining    chan struct{}
	mux         *http.ServeMux
}

// lookupsPerMinute bounds status and cancel calls with one key (contract,
// part 3).
const lookupsPerMinute = 600

// New returns the API. It is an http.Handler.
func New(c Config) *API {
	if c.Events == nil {
		c.Events = NewEvents()
	}
	a := &API{email: c.Email, limits: c.Limits, callers: c.Callers, checkKey: c.CheckKey, lookups: account.NewThrottle(lookupsPerMinute, c.Now),
		sms: c.SMS, textLimits: c.TextLimits, textCallers: c.TextCallers, hooks: c.Hooks,
		sessions: c.Sessions, desk: c.Reception, clients: newClientThrottles(c.Now), origins: protect(c.Site.PublicURL), events: c.Events, site: c.Site, emailPages: c.EmailPages, billing: c.Billing, smsPages: c.SMSPages, operator: c.Operator,
		database: c.Database, now: c.Now, log: c.Log, newID: c.RequestID, draining: make(chan struct{}), mux: http.NewServeMux()}
	for _, r := range a.routes() {
		a.mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve, a.fail))
	}
	for _, r := range a.hookRoutes() {
		a.mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve, a.fail))
	}
	for _, r := range a.textRoutes() {
		a.mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve, a.failText))
	}
	return a
}

// route is one operation, called with a key or by nobody in particular: what serves it writes the answer, or returns a fault.
type route struct {
	method, pattern string
	serve           func(http.ResponseWriter, *http.Request) error
}

func (a *API) routes() []route {
	list := []route{
		{"POST", "/api/v1/email/send", a.sendEmail},
		{"GET", "/api/v1/email/messages/{messageId}", a.emailMessage},
		{"POST", "/api/v1/email/messages/{messageId}/cancel", a.cancelEmail},
		{"GET", "/api/openapi.yaml", a.openAPI},
		{"POST", "/api/v1/billing/stripe/webhook", a.takeStripeEvent},
	}
	list = append(list, a.probes()...)
	for _, p := range a.pageRoutes() {
		list = append(list, route{p.method, p.pattern, a.page(p)})
	}
	return list
}

// probes are what asks whether the process is well.
func (a *API) probes() []route {
	return []route{{"GET", "/healthz", a.healthz}, {"GET", "/readyz", a.readyz}}
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
