package sms_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/sms"
	"aviso/transport"
)

// network is a gateway in this process: a transport that takes parts one after
// the other, asks before the first octet, and answers as the test says.
type network struct {
	mu     sync.Mutex
	answer func(ctx context.Context, t *transport.Text, part int) transport.TextVerdict
	texts  []*transport.Text // submitted
	bound  atomic.Int32
	down   atomic.Bool
}

func (n *network) script(answer func(ctx context.Context, t *transport.Text, part int) transport.TextVerdict) {
	n.mu.Lock()
	n.answer = answer
	n.mu.Unlock()
}

func (n *network) Send(ctx context.Context, t *transport.Text) transport.TextReport {
	verdicts := make([]transport.TextVerdict, len(t.Parts))
	for i := range verdicts {
		verdicts[i] = transport.TextVerdict{Text: "not submitted"}
	}
	n.mu.Lock()
	answer := n.answer
	n.mu.Unlock()
	if n.down.Load() {
		verdicts[0].Text = "no link"
		return transport.TextReport{Verdicts: verdicts}
	}
	for i := range t.Parts {
		if i == 0 && t.MayStart != nil && !t.MayStart() {
			break
		}
		if i == 0 {
			n.mu.Lock()
			n.texts = append(n.texts, t)
			n.mu.Unlock()
		}
		verdicts[i] = answer(ctx, t, i)
		if verdicts[i].Outcome != transport.Taken {
			break
		}
	}
	return transport.TextReport{Verdicts: verdicts, Duration: time.Millisecond}
}

func (n *network) sent() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.texts)
}

// last returns the text submitted last.
func (n *network) last() *transport.Text {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.texts[len(n.texts)-1]
}

func (n *network) SetBinds(m int) { n.bound.Store(int32(m)) }
func (n *network) Bound() int     { return int(n.bound.Load()) }

func taken(_ context.Context, t *transport.Text, part int) transport.TextVerdict {
	return transport.TextVerdict{Outcome: transport.Taken, ProviderID: t.ID[len(t.ID)-8:] + string(rune('a'+part)), Text: "ok"}
}

func verdict(v transport.TextVerdict) func(context.Context, *transport.Text, int) transport.TextVerdict {
	return func(context.Context, *transport.Text, int) transport.TextVerdict { return v }
}

// house is a service over a real database, with one approved account.
type house struct {
	t       *testing.T
	db      *db.DB
	service *sms.Service
	account account.Account
	caller  account.Caller
	network *network
	gateway *sms.Gateway
}

type change func(*sms.Config)

func config() sms.Config {
	return sms.Config{Sender: "+2899682626", SyncTimeout: 10 * time.Second, Random: func() float64 { return 0 }, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Metrics: sms.NewMetrics(prometheus.NewRegistry())}
}

func (h *house) config() sms.Config {
	c := config()
	c.Gateways = []*sms.Gateway{h.gateway}
	return c
}

func open(t *testing.T, d *db.DB, changes ...change) *house {
	t.Helper()
	h := &house{t: t, db: d, network: &network{answer: taken}}
	h.gateway = &sms.Gateway{Name: "carrier", Texter: h.network, Weight: 1, Places: 8}
	c := h.config()
	for _, f := range changes {
		f(&c)
	}
	h.service = sms.New(d, c)
	ctx := context.Background()
	var token string
	h.write(func(tx *db.Tx) (err error) {
		if h.account, _, token, err = accounttest.Create(tx, "owner@mail.test", account.SMS, 1000); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO sms_accounts (account_id, status, messages) VALUES ($1, 'approved', 0)`, h.account.ID)
		return err
	})
	var err error
	if h.caller, err = account.NewCallers(d, account.SMS).Identify(ctx, token); err != nil {
		t.Fatal(err)
	}
	h.start(h.service)
	return h
}

func (h *house) start(s *sms.Service) {
	h.t.Helper()
	if err := s.Start(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.Close(context.Background()) })
}

func (h *house) write(f func(*db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}

// credits expects a balance, and that the ledger proves it.
func (h *house) credits(want int64) {
	h.t.Helper()
	var b credit.Balance
	err := h.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		b, err = credit.Read(tx, h.account.ID, credit.SMS)
		return err
	})
	if err != nil || b.Credits != want {
		h.t.Fatalf("the account has %d credits, not %d: %v", b.Credits, want, err)
	}
	if _, err := sms.Verify(context.Background(), h.db, func(p credit.Problem) { h.t.Errorf("%+v", p) }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) call(content string) *sms.Call {
	h.t.Helper()
	d, f := sms.Parse("+447700900123", content, sms.Limits{Countries: []string{"*"}})
	if f != nil {
		h.t.Fatal(f)
	}
	return &sms.Call{Caller: h.caller, Draft: d, Arrived: time.Now(), Encode: func(o *sms.Outcome) (int, []byte) {
		if o.Fault != nil {
			return 500, []byte(o.Fault.Code)
		}
		return 200, []byte(o.Status)
	}}
}

// send sends and expects an answer.
func (h *house) send(c *sms.Call) *sms.Answer {
	h.t.Helper()
	a, err := h.service.Send(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) message(id string) *sms.Message {
	h.t.Helper()
	m, err := h.service.Message(context.Background(), h.account.ID, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// becomes waits until a text has a status.
func (h *house) becomes(id string, want sms.Status) *sms.Message {
	h.t.Helper()
	return h.until(id, func(m *sms.Message) bool { return m.Status == want })
}

// until waits until a text is as it should be. What happens behind a caller's
// back tells nobody, so it looks again and again.
func (h *house) until(id string, is func(*sms.Message) bool) *sms.Message {
	h.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	over := time.After(10 * time.Second)
	for {
		m := h.message(id)
		if is(m) {
			return m
		}
		select {
		case <-look.C:
		case <-over:
			h.t.Fatalf("the text stays %+v", m)
		}
	}
}

const long = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

func TestSendIsChargedOnceAndSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		a := h.send(h.call(long))
		o := a.Outcome
		if o.Status != sms.Sent || o.Charged != 2 || o.Segments != 2 || len(o.ProviderIDs) != 2 || o.From != "+2899682626" || o.Country.ISO3 != "GBR" || o.Provider != "carrier" {
			t.Fatalf("%+v", o)
		}
		h.credits(998)
		m := h.message(o.MessageID)
		if m.Status != sms.Sent || len(m.Segments) != 2 || m.Segments[1].State != sms.SegmentTaken || m.Segments[1].ProviderID != o.ProviderIDs[1] {
			t.Fatalf("%+v", m)
		}
		totals, err := h.service.Totals(context.Background())
		if err != nil || totals.Sent != 1 || totals.Segments != 2 || totals.Since == 0 {
			t.Errorf("%+v, %v", totals, err)
		}
		if text := h.network.last(); len(text.PartReferences) != 2 || text.PartReferences[0] == text.PartReferences[1] {
			t.Errorf("%+v", text)
		}
	})
}

func TestVerdicts(t *testing.T) {
	script := func(outcomes ...transport.Outcome) func(context.Context, *transport.Text, int) transport.TextVerdict {
		return func(_ context.Context, _ *transport.Text, part int) transport.TextVerdict {
			return transport.TextVerdict{Outcome: outcomes[part], Code: "c", Text: outcomes[part].String()}
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		left := int64(1000)
		for _, c := range []struct {
			name   string
			script func(context.Context, *transport.Text, int) transport.TextVerdict
			status sms.Status
			body   string
			cost   int64
		}{
			{"taken", script(transport.Taken, transport.Taken), sms.Sent, "sent", 2},
			{"throttled", script(transport.Later), sms.Failed, "PROVIDER_FAILURE", 0},
			{"refused", script(transport.Refused), sms.Failed, "PROVIDER_FAILURE", 0},
			{"the recipient refused", verdict(transport.TextVerdict{Outcome: transport.Refused, Recipient: true}), sms.Failed, "RECIPIENT_REFUSED", 0},
			{"unanswered", script(transport.Unknown), sms.Unknown, "unknown", 2},
			{"the second refused", script(transport.Taken, transport.Refused), sms.Failed, "PROVIDER_FAILURE", 0},
			{"the second unanswered", script(transport.Taken, transport.Unknown), sms.Unknown, "unknown", 2},
			{"the second never left", script(transport.Taken, transport.Later), sms.Failed, "PROVIDER_FAILURE", 0},
		} {
			h.network.script(c.script)
			a := h.send(h.call(long))
			if a.Outcome.Status != c.status || string(a.Body) != c.body {
				t.Errorf("%s: %+v, %s", c.name, a.Outcome, a.Body)
			}
			left -= c.cost
			h.credits(left)
			if m := h.message(a.Outcome.MessageID); m.Status != c.status || m.Charged != c.cost {
				t.Errorf("%s: %+v", c.name, m)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for _, c := range []struct {
			name, change, code string
			kind               fault.Kind
		}{
			{"no application", `UPDATE sms_accounts SET status = 'pending'`, "SMS_NOT_ENABLED", fault.Forbidden},
			{"suspended", `UPDATE sms_accounts SET status = 'suspended'`, "SMS_NOT_ENABLED", fault.Forbidden},
			{"approved", `UPDATE sms_accounts SET status = 'approved'`, "", 0},
			{"the account suspended", `UPDATE accounts SET suspended_at = 1`, "SMS_NOT_ENABLED", fault.Forbidden},
			{"and no more", `UPDATE accounts SET suspended_at = NULL`, "", 0},
			{"held", `INSERT INTO sending_holds (scope, held_at, reason) VALUES ('all', 1, '')`, "UNAVAILABLE", fault.Unavailable},
			{"released", `DELETE FROM sending_holds`, "", 0},
			{"paused", `INSERT INTO sms_gateways (name, paused_at) VALUES ('carrier', 1)`, "UNAVAILABLE", fault.Unavailable},
			{"resumed", `DELETE FROM sms_gateways`, "", 0},
			{"no credits", `UPDATE credit_balances SET balance = 0`, "INSUFFICIENT_CREDITS", fault.Forbidden},
		} {
			h.exec(c.change)
			before := h.network.sent()
			a, err := h.service.Send(h.call("hello"))
			if c.code == "" {
				if err != nil || a.Outcome.Status != sms.Sent {
					t.Fatalf("%s: %+v, %v", c.name, a, err)
				}
				continue
			}
			f := fault.Of(err)
			if err == nil || f.Code != c.code || f.Kind != c.kind || h.network.sent() != before {
				t.Errorf("%s: %+v, %v", c.name, a, err)
			}
		}
		h.exec(`UPDATE api_keys SET hash = NULL`)
		if _, err := h.service.Send(h.call("hello")); fault.Of(err).Code != "UNAUTHORIZED" {
			t.Errorf("%v", err)
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		claim := func(hash byte) *sms.Call {
			c := h.call("hello")
			c.Claim = &account.Claim{Account: h.account.ID, Route: sms.Route, Key: "k", BodyHash: [32]byte{hash}}
			return c
		}
		first := h.send(claim(1))
		again := h.send(claim(1))
		if !again.Replayed || string(again.Body) != string(first.Body) || h.network.sent() != 1 {
			t.Errorf("%+v", again)
		}
		if _, err := h.service.Send(claim(2)); fault.Of(err).Code != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("%v", err)
		}
		h.credits(999)
	})
}

func TestFailoverOnlyBeforeAnythingWasTaken(t *testing.T) {
	second := &network{answer: taken}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(c *sms.Config) {
			c.Gateways = append(c.Gateways, &sms.Gateway{Name: "reserve", Texter: second, Sender: "AVISO", Places: 1})
		})
		h.network.script(verdict(transport.TextVerdict{Text: "throttled"}))
		o := h.send(h.call("hello")).Outcome
		if m := h.message(o.MessageID); o.Status != sms.Sent || o.Provider != "reserve" || o.From != "AVISO" || m.Gateway != "reserve" || m.Ours != "AVISO" || m.Segments[0].Gateway != "reserve" {
			t.Errorf("%+v, %+v", o, m)
		}
		for _, outcome := range []transport.Outcome{transport.Refused, transport.Unknown} {
			before := second.sent()
			h.network.script(verdict(transport.TextVerdict{Outcome: outcome}))
			if o := h.send(h.call("hello")).Outcome; o.Provider != "carrier" || second.sent() != before {
				t.Errorf("%s went on to the next gateway: %+v", outcome, o)
			}
		}
	})
}

// Ten seconds run once: what has not begun by then never does, and what has is
// unknown until its answer.
func TestPatience(t *testing.T) {
	soon := func(c *sms.Config) { c.SyncTimeout = time.Second }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, soon, func(c *sms.Config) { c.Gateways[0].Places = 1 })
		finish := make(chan transport.TextVerdict)
		h.network.script(func(context.Context, *transport.Text, int) transport.TextVerdict { return <-finish })
		first := h.send(h.call("first"))
		if first.Outcome.Status != sms.Unknown || string(first.Body) != "unknown" || h.message(first.Outcome.MessageID).Status != sms.Unknown {
			t.Fatalf("%+v", first.Outcome)
		}
		// The only place is taken, so that the second never begins.
		second := h.send(h.call("second"))
		if second.Outcome.Status != sms.Failed || string(second.Body) != "PROVIDER_FAILURE" || h.network.sent() != 1 {
			t.Fatalf("%+v", second.Outcome)
		}
		h.credits(999)
		finish <- transport.TextVerdict{Outcome: transport.Taken, ProviderID: "1"}
		h.becomes(first.Outcome.MessageID, sms.Sent)

		third := h.send(h.call("third"))
		finish <- transport.TextVerdict{Text: "throttled"}
		m := h.becomes(third.Outcome.MessageID, sms.Failed)
		if third.Outcome.Status != sms.Unknown || m.Charged != 0 {
			t.Errorf("%+v, %+v", third.Outcome, m)
		}
		h.credits(999)
	})
}

// The segments behind the first have a time of their own: its end is the end of
// the submission, long before the caller's patience has to be.
func TestTheRestEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.service.Close(context.Background())
		h.service = sms.New(d, h.config())
		if was := h.service.SetRestLasts(50 * time.Millisecond); was != time.Minute {
			t.Errorf("the rest lasts %s", was)
		}
		h.start(h.service)
		h.network.script(func(ctx context.Context, text *transport.Text, part int) transport.TextVerdict {
			if part == 0 {
				return taken(ctx, text, part)
			}
			<-ctx.Done()
			return transport.TextVerdict{Outcome: transport.Unknown, Text: "its time is over"}
		})
		// Had it gone on, the caller's patience would have ended before it, and
		// nothing of its segments would be known yet.
		a := h.send(h.call(long + long))
		m := h.message(a.Outcome.MessageID)
		if m.Status != sms.Unknown || len(m.Segments) != 3 || m.Segments[0].State != sms.SegmentTaken || m.Segments[1].State != sms.SegmentUnknown ||
			m.Segments[1].Words != "its time is over" || m.Segments[2].State != sms.SegmentWaiting {
			t.Errorf("%+v", m)
		}
	})
}
