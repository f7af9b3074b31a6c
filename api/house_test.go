package api_test

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/api"
	"aviso/billing"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
)

// contract is the limits of the contract.
var contract = email.Limits{BodyBytes: 512_000, Recipients: 100}

// options change a house; zero values mean the contract's own.
type options struct {
	relays      []relayConfig // one called primary
	noRelay     bool
	rateLimit   int // calls a minute; -1 switches it off
	syncTimeout time.Duration
	lease       time.Duration
	carriers    []string // names of gateways for texts; none, and SMS is off

	registration string // closed
	live         bool   // messages leave the installation
	publicURL    string // the door's own
	proxies      []netip.Prefix
	provider     billing.Provider // nothing is sold
	heartbeat    time.Duration    // of streams of events
	httpTimeout  time.Duration    // of the HTTP server, reading and writing; none
}

// house is everything behind one HTTP door: the service over a real database,
// relays over real SMTP, a clock that the test moves.
type house struct {
	*clocks
	*journal
	options options
	db      *db.DB
	relays  []*relay
	email   *email.Service
	texting
	desk   *account.Reception
	events *api.Events
	api    *api.API
	door   *httptest.Server
	close  func() // the door first, then the service; safe to call again
}

// each runs a test in a fresh house over each kind of database, both at once.
func each(t *testing.T, o options, f func(*testing.T, *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		f(t, open(t, d, newClocks(), o))
	})
}

// eachCluster is each with all the nodes that the database can have: SQLite has
// one. They share the clocks; each has relays of its own.
func eachCluster(t *testing.T, o options, f func(*testing.T, []*house)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		t.Parallel()
		clocks := newClocks()
		nodes := []*house{open(t, openDatabase(t, url), clocks, o)}
		if nodes[0].db.Postgres() {
			nodes = append(nodes, open(t, openDatabase(t, url), clocks, o))
		}
		f(t, nodes)
	})
}

// eachMortal is each with a database that the test may close.
func eachMortal(t *testing.T, o options, f func(*testing.T, *house)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		t.Parallel()
		f(t, open(t, openDatabase(t, url), newClocks(), o))
	})
}

func openDatabase(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true, Server: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the test may have done it
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t testing.TB, d *db.DB, c *clocks, o options) *house {
	t.Helper()
	d.SetClock(c.database.Load)
	h := &house{clocks: c, journal: newJournal(), options: o, db: d}
	if len(o.relays) == 0 && !o.noRelay {
		o.relays = []relayConfig{{name: "primary"}}
	}
	for _, r := range o.relays {
		h.relays = append(h.relays, startRelay(t, r))
	}
	for _, name := range o.carriers {
		h.carriers = append(h.carriers, startCarrier(t, name))
	}
	h.start(t)
	t.Cleanup(func() { h.close() })
	return h
}

// start opens the door, as a start of the program does.
func (h *house) start(t testing.TB) {
	t.Helper()
	var relays []*email.Relay
	for _, r := range h.relays {
		relays = append(relays, r.configured())
	}
	limit := cmp.Or(h.options.rateLimit, 120)
	h.email = email.New(h.db, email.Config{Domain: "mail.test", Relays: relays, RateLimit: max(limit, 0), SyncTimeout: cmp.Or(h.options.syncTimeout, 10*time.Second),
		RetryInitial: 30 * time.Second, RetryMax: time.Hour, RetryFor: 24 * time.Hour, Lease: h.options.lease, Random: func() float64 { return 0 },
		Now: h.now, Log: h.logger(), Metrics: email.NewMetrics(prometheus.NewRegistry())})
	door := httptest.NewUnstartedServer(nil)
	url := cmp.Or(h.options.publicURL, "http://"+door.Listener.Addr().String())
	registration := cmp.Or(h.options.registration, "closed")
	h.desk = account.NewReception(h.db, account.ReceptionConfig{Passwords: account.NewPasswords(2), Registration: registration, Live: h.options.live,
		PublicURL: url, Opened: h.opened, Mail: h.email.SendSystem, Log: h.logger()})
	h.events = api.NewEvents()
	h.events.Heartbeat = cmp.Or(h.options.heartbeat, h.events.Heartbeat)
	h.makeTexts(t)
	h.api = api.New(api.Config{SMS: h.sms, TextLimits: everywhere, TextCallers: account.NewCallers(h.db, account.SMS), Hooks: h.hooks,
		Email: h.email, Limits: contract, Callers: account.NewCallers(h.db, account.Email),
		CheckKey: func(ctx context.Context, c account.Caller) error {
			return h.db.Read(ctx, func(tx *db.Tx) error { return account.Check(tx, c) })
		},
		Sessions: account.NewSessions(h.db), Reception: h.desk, Events: h.events,
		Site: api.Site{Version: "test", PublicURL: url, SMSURL: "http://sms.test", EmailMode: "sandbox", SMSMode: "off", Registration: registration,
			Billing: "off", SMTP: api.SMTPPorts{Host: "mail.test", Port: 587}, RateLimit: 120, PrimeGrace: 72 * time.Hour, TrustedProxies: h.options.proxies},
		EmailPages: api.EmailPages{Keys: account.NewKeyring(h.db), Ledger: credit.NewLedger(h.db), Bundles: []api.Bundle{
			{ID: "10k", Credits: 10000, Price: 500, Currency: "usd"}, {ID: "unlimited", Days: 30, Price: 1500, Currency: "usd"}}},
		Billing:  api.BillingPages{Service: h.billing(url), FreeShortcodes: 1, PrimeShortcodes: 5},
		SMSPages: api.SMSPages{Bundles: []api.Bundle{{ID: "1k", Credits: 1000, Price: 1000, Currency: "usd"}}}, Operator: h.operatorPages(t),
		Database: h.db, Now: h.now, Log: h.logger(), RequestID: api.NewRequestID})
	if err := h.email.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.email.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	writing, stopWriting := context.WithCancel(context.Background())
	var letters sync.WaitGroup
	letters.Go(func() { h.desk.Run(writing) })
	service := h.email
	door.Config.Handler, door.Config.ReadTimeout, door.Config.WriteTimeout = h.api, h.options.httpTimeout, h.options.httpTimeout
	door.Start()
	door.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.door = door
	closeTexts := h.openTexts(t)
	open := true
	h.close = func() {
		if open {
			open = false
			h.api.Drain() // ends the streams of pages
			door.Close()
			stopWriting()
			letters.Wait()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			closeTexts(ctx)
			service.Close(ctx)
		}
	}
}

// starterCredits is what a registration brings.
const starterCredits = 7

func (h *house) opened(tx *db.Tx, a account.Account) error {
	_, err := credit.Grant(tx, "test", a.ID, credit.Email, starterCredits, "to begin with")
	return err
}

// restart closes the door and opens it again. The queue is looked through
// right after it, without waiting for the next poll.
func (h *house) restart(t *testing.T) {
	t.Helper()
	h.close()
	h.start(t)
}

// write changes the database as an operator's command would.
func (h *house) write(t *testing.T, f func(*db.Tx) error) {
	t.Helper()
	if err := h.db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (h *house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	h.write(t, func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}

// relayed returns what the relays got so far, up to the final dot: "RELAY
// RECIPIENT" for each recipient accepted.
func (h *house) relayed() []string {
	var list []string
	for _, r := range h.relays {
		for _, m := range r.Messages() {
			if len(m.Data) == 0 {
				continue // a lone dot: nobody was accepted, but the commands were on their way
			}
			for _, to := range m.To {
				list = append(list, r.config.name+" "+to)
			}
		}
	}
	return list
}
