package submission_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/submission"
	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

// patience is how long a test waits for a signal before it gives up.
const patience = 20 * time.Second

// options change a house; zero values mean the contract's own.
type options struct {
	relay       smtptest.Script
	answer      func(smtptest.Step) smtptest.Answer // in place of relay
	noRelay     bool
	extensions  []string // of the relay
	rateLimit   int      // calls a minute; 0 switches it off
	syncTimeout time.Duration
	bounds      submission.Bounds
}

// house is the SMTP door over the real service, a real database and a relay.
type house struct {
	db       *db.DB
	relay    *smtptest.Server
	email    *email.Service
	server   *submission.Server
	starttls string // address
	implicit string
	roots    *x509.CertPool
	journal  *strings.Builder // the log; read it once the door is shut
	shut     func()
}

// each runs a test in a fresh house over each kind of database.
func each(t *testing.T, o options, f func(*testing.T, *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, open(t, d, o)) })
}

func open(t testing.TB, d *db.DB, o options) *house {
	t.Helper()
	h := &house{db: d, journal: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(h.journal, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.relay = smtptest.Start(t, smtptest.Options{Extensions: o.extensions, Answer: func(s smtptest.Step) smtptest.Answer {
		if o.answer != nil {
			return o.answer(s)
		}
		return o.relay.Answer(s)
	}})
	client := smtprelay.New(smtprelay.Config{Name: "primary", Endpoint: smtprelay.Endpoint{Host: h.relay.Host, Port: h.relay.Port, TLS: smtprelay.None}})
	t.Cleanup(client.Close)
	relays := []*email.Relay{{Name: "primary", Mailer: client, Places: 16}}
	if o.noRelay {
		relays = nil
	}
	h.email = email.New(d, email.Config{Domain: "mail.test", Relays: relays, RateLimit: o.rateLimit, SyncTimeout: cmp.Or(o.syncTimeout, 10*time.Second),
		RetryInitial: 30 * time.Second, RetryMax: time.Hour, RetryFor: 24 * time.Hour, Random: func() float64 { return 0 }, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Metrics: email.NewMetrics(prometheus.NewRegistry())})
	ctx := context.Background()
	if err := h.email.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.email.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.email.Close(ctx) })

	certificate, roots := certificate(t)
	h.roots = roots
	h.server = submission.New(submission.Config{Hostname: "mail.test", TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certificate}, Email: h.email,
		Limits: email.Limits{BodyBytes: 512_000, Recipients: 100}, Callers: account.NewCallers(d, account.Email),
		CheckKey: func(ctx context.Context, c account.Caller) error {
			return d.Read(ctx, func(tx *db.Tx) error { return account.Check(tx, c) })
		},
		Now: time.Now, Log: log, SessionID: func() string { return "5e551011" }, Bounds: o.bounds})
	h.starttls, h.implicit = h.serve(t, false), h.serve(t, true)
	h.shut = func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := h.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	}
	t.Cleanup(h.shut)
	return h
}

// certificate borrows one for 127.0.0.1, and who trusts it.
func certificate(t testing.TB) ([]tls.Certificate, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.TLS.Certificates, roots
}

func (h *house) serve(t testing.TB, implicit bool) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.server.Serve(l, implicit) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

func (h *house) write(t testing.TB, f func(*db.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// customer is an account with one key.
type customer struct {
	*house
	account account.Account
	key     account.Key
	token   string
}

// customer makes an account with credits.
func (h *house) customer(t testing.TB, credits int64) *customer {
	t.Helper()
	c := &customer{house: h}
	h.write(t, func(tx *db.Tx) (err error) {
		c.account, c.key, c.token, err = accounttest.Create(tx, db.NewID()+"@example.com", account.Email, credits)
		return err
	})
	return c
}

// balance returns the account's credits.
func (c *customer) balance(t testing.TB) (credits int64) {
	t.Helper()
	err := c.db.Read(context.Background(), func(tx *db.Tx) error {
		b, err := credit.Read(tx, c.account.ID, credit.Email)
		credits = b.Credits
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return credits
}

// logged returns the account's messages as its log has them, oldest first.
func (c *customer) logged(t testing.TB) []*email.Message {
	t.Helper()
	var ids []string
	err := c.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT id FROM email_messages WHERE account_id = $1 ORDER BY number`, []any{c.account.ID}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	var list []*email.Message
	for _, id := range ids {
		m, missing := c.email.Message(context.Background(), c.account.ID, id)
		err = cmp.Or(err, missing)
		list = append(list, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}
