package sms_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/db"
	"aviso/sms"
	"aviso/transport"
)

// station is an installation that texts come to, with one account.
type station struct {
	t       *testing.T
	db      *db.DB
	service *sms.Service
	account account.Account
	sent    chan *transport.Text // what went out
	now     atomic.Int64         // the database's clock, once set
}

// air is the gateway's side of the texts that go out.
type air struct {
	sent   chan *transport.Text
	answer func(*transport.Text) transport.TextVerdict
}

func (a *air) Send(_ context.Context, t *transport.Text) transport.TextReport {
	v := transport.TextVerdict{Outcome: transport.Taken, ProviderID: t.ID}
	if a.answer != nil {
		v = a.answer(t)
	}
	a.sent <- t
	return transport.TextReport{Verdicts: []transport.TextVerdict{v}}
}

// poster posts to any address: what may not be reached is the real one's affair.
type poster struct{ client *http.Client }

func (p *poster) Push(ctx context.Context, url string, body []byte) transport.PushReport {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return transport.PushReport{Error: err.Error()}
	}
	res, err := p.client.Do(req)
	if err != nil {
		return transport.PushReport{Error: "no answer", Duration: time.Since(began)}
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	return transport.PushReport{Status: res.StatusCode, Answer: answer, Duration: time.Since(began)}
}

// chest keeps secrets badly, but bound to their purpose.
type chest struct{ lost bool }

func (c *chest) Seal(purpose string, plain []byte) []byte {
	return append([]byte(purpose+"|"), plain...)
}

func (c *chest) Open(purpose string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte(purpose+"|"))
	if !ok || c.lost {
		return nil, io.ErrUnexpectedEOF
	}
	return plain, nil
}

const (
	ours  = "+2899682626"
	phone = "447700900123"
)

// receiving is a configuration in which everything is switched on.
func receiving(sent chan *transport.Text) sms.Config {
	return sms.Config{Sender: ours, SyncTimeout: 10 * time.Second, Random: func() float64 { return 0 }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Metrics:  sms.NewMetrics(prometheus.NewRegistry()),
		Gateways: []*sms.Gateway{{Name: "air", Texter: &air{sent: sent}, Weight: 1, Places: 4}},
		Inbound: sms.Receiving{RepliesPerHour: 60, HelpText: "Write to help@shop.test.", FreeShortcodes: 1, PrimeShortcodes: 5, PrimeGrace: 24 * time.Hour,
			StarterCredits: 1000, Limits: sms.Limits{Countries: []string{"*"}}, Vault: &chest{}, Pusher: &poster{&http.Client{}}}}
}

func openStation(t *testing.T, d *db.DB, changes ...func(*sms.Config)) *station {
	t.Helper()
	st := &station{t: t, db: d, sent: make(chan *transport.Text, 1000)}
	st.service = st.start(d, changes...)
	st.write(func(tx *db.Tx) (err error) {
		st.account, err = account.Create(tx, "test", account.New{Email: "shop@mail.test"})
		return err
	})
	return st
}

// start runs a node on a database of the station.
func (st *station) start(d *db.DB, changes ...func(*sms.Config)) *sms.Service {
	st.t.Helper()
	c := receiving(st.sent)
	for _, f := range changes {
		f(&c)
	}
	service := sms.New(d, c)
	if err := service.Start(context.Background()); err != nil {
		st.t.Fatal(err)
	}
	st.t.Cleanup(func() { service.Close(context.Background()) })
	return service
}

// second is another node on the same database, with its own connections; on
// SQLite, where there can be one only, it is the first.
func (st *station) second(url string, changes ...func(*sms.Config)) *sms.Service {
	st.t.Helper()
	if !st.db.Postgres() {
		return st.service
	}
	return st.start(openURL(st.t, url), changes...)
}

func openURL(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// setClock stops the database's clock at a moment, and advance moves it on.
func (st *station) setClock(databases ...*db.DB) {
	st.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli())
	for _, d := range append(databases, st.db) {
		d.SetClock(st.now.Load)
	}
}

func (st *station) advance(d time.Duration) { st.now.Add(d.Milliseconds()) }

func (st *station) write(f func(*db.Tx) error) {
	st.t.Helper()
	if err := st.db.Write(context.Background(), f); err != nil {
		st.t.Fatal(err)
	}
}

// number reads one number from the database.
func (st *station) number(query string, args ...any) (n int64) {
	st.t.Helper()
	err := st.db.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args, &n) })
	if err != nil {
		st.t.Fatal(err)
	}
	return n
}

func text(content string) *transport.InboundText {
	return &transport.InboundText{Gateway: "air", From: phone, FromType: transport.International, To: "2899682626", Alphabet: transport.UTF8, Data: []byte(content)}
}

func (st *station) receive(content string, changes ...func(*transport.InboundText)) {
	st.t.Helper()
	t := text(content)
	for _, f := range changes {
		f(t)
	}
	if err := st.service.Receive(context.Background(), t); err != nil {
		st.t.Fatal(err)
	}
}

func from(number string) func(*transport.InboundText) {
	return func(t *transport.InboundText) { t.From = number }
}

// shortcode gives the station's account a shortcode; an empty URL is none.
func (st *station) shortcode(code, url string) sms.Shortcode {
	st.t.Helper()
	n := sms.NewShortcode{Code: code}
	if url != "" {
		n.WebhookURL = &url
	}
	c, _, err := st.service.CreateShortcode(context.Background(), "test", st.account.ID, n)
	if err != nil {
		st.t.Fatal(err)
	}
	return c
}

// inbound returns the account's texts, newest first.
func (st *station) inbound() []sms.InboundMessage {
	st.t.Helper()
	list, err := st.service.Inbound(context.Background(), st.account.ID, "", 100)
	if err != nil {
		st.t.Fatal(err)
	}
	return list
}

func (st *station) unrouted() []sms.InboundMessage {
	st.t.Helper()
	list, total, err := st.service.Unrouted(context.Background(), "", 0, 100)
	if err != nil {
		st.t.Fatal(err)
	}
	if int(total) != len(list) {
		st.t.Errorf("%d of %d texts", len(list), total)
	}
	return list
}

// prime gives the account Prime until a moment.
func (st *station) prime(until int64) {
	st.t.Helper()
	st.write(func(tx *db.Tx) error { return account.SetPrime(tx, "test", st.account, until) })
}

// eventually waits for what another goroutine writes into the database.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	over := time.NewTimer(20 * time.Second)
	defer over.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-over.C:
			t.Fatal("it never came: " + what)
		}
	}
}
