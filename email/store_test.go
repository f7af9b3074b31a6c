package email_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// house is a service over a real database, with one account and one key.
type house struct {
	t       *testing.T
	db      *db.DB
	service *email.Service
	account account.Account
	caller  account.Caller
	relay   *relayDouble
}

// relayDouble is the outside world: it answers what the test says.
type relayDouble struct {
	answer func(context.Context, *transport.Mail) transport.Report
	sent   chan *transport.Mail
}

func (r *relayDouble) Send(ctx context.Context, m *transport.Mail) transport.Report {
	report := r.answer(ctx, m)
	r.sent <- m
	return report
}

func taken(_ context.Context, m *transport.Mail) transport.Report {
	return transport.Report{Reached: true, Verdicts: transport.All(len(m.To), transport.Verdict{Outcome: transport.Taken, Code: 250, Text: "250 ok"})}
}

type change func(*email.Config)

// config is the defaults, without a relay.
func config() email.Config {
	return email.Config{Domain: "mail.test", RateLimit: 120, SyncTimeout: 10 * time.Second, RetryInitial: 30 * time.Second, RetryMax: time.Hour,
		RetryFor: 24 * time.Hour, Random: func() float64 { return 0 }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Metrics: email.NewMetrics(prometheus.NewRegistry())}
}

func open(t *testing.T, d *db.DB, changes ...change) *house {
	t.Helper()
	h := &house{t: t, db: d, relay: &relayDouble{answer: taken, sent: make(chan *transport.Mail, 1000)}}
	c := config()
	c.Relays = []*email.Relay{{Name: "primary", Mailer: h.relay, Places: 8}}
	for _, f := range changes {
		f(&c)
	}
	h.service = email.New(d, c)
	ctx := context.Background()
	if err := h.service.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	var token string
	h.write(func(tx *db.Tx) (err error) {
		h.account, _, token, err = accounttest.Create(tx, "owner@mail.test", account.Email, 1000)
		return err
	})
	var err error
	if h.caller, err = account.NewCallers(d, account.Email).Identify(ctx, token); err != nil {
		t.Fatal(err)
	}
	if err := h.service.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.service.Close(ctx) })
	return h
}

func (h *house) write(f func(*db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) balance() int64 {
	h.t.Helper()
	var b credit.Balance
	err := h.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		b, err = credit.Read(tx, h.account.ID, credit.Email)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return b.Credits
}

func (h *house) call(to ...string) *email.Call {
	h.t.Helper()
	d, f := email.NewDraft(&email.Request{To: to, ToList: true, Subject: "s", Text: "t"}, email.Limits{BodyBytes: 512000, Recipients: 100})
	if f != nil {
		h.t.Fatal(f)
	}
	return &email.Call{Caller: h.caller, Channel: email.HTTP, Draft: d, Arrived: time.Now(),
		Encode: func(o *email.Outcome) (int, []byte) { return 1, []byte(o.Status) }}
}

func TestSendIsChargedOnceAndSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		a, err := h.service.Send(h.call("a@x.test", "b@x.test"))
		if err != nil {
			t.Fatal(err)
		}
		if a.Outcome.Status != email.Sent || a.Outcome.Recipients != 2 || a.Outcome.Charged != 2 {
			t.Fatalf("%+v", a.Outcome)
		}
		if got := h.balance(); got != 998 {
			t.Fatalf("balance %d", got)
		}
		m, err := h.service.Message(context.Background(), h.account.ID, a.Outcome.MessageID)
		if err != nil {
			t.Fatal(err)
		}
		if m.Status != email.Sent || len(m.Recipients) != 2 || m.Recipients[1].State != email.RecipientTaken || len(m.Attempts) != 1 {
			t.Fatalf("%+v", m)
		}
	})
}
