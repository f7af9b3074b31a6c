package sms_test

import (
	"context"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

// node is one more server of the same installation.
func (h *house) node(n *network, binds int, changes ...change) *sms.Service {
	h.t.Helper()
	c := config()
	c.Gateways = []*sms.Gateway{{Name: "carrier", Texter: n, Weight: 1, Places: 8, Binds: binds, Binder: n}}
	for _, f := range changes {
		f(&c)
	}
	return sms.New(h.db, c)
}

func linked(binds int, changes ...change) change {
	return func(c *sms.Config) {
		g := c.Gateways[0]
		g.Binds, g.Binder = binds, g.Texter.(*network)
		for _, f := range changes {
			f(c)
		}
	}
}

// binds waits until two nodes have so many links.
func (h *house) binds(first, second *network, a, b int) {
	h.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	over := time.After(10 * time.Second)
	for first.Bound() != a || second.Bound() != b {
		select {
		case <-look.C:
		case <-over:
			h.t.Fatalf("the nodes have %d and %d links, not %d and %d", first.Bound(), second.Bound(), a, b)
		}
		if first.Bound()+second.Bound() > a+b {
			h.t.Fatalf("the nodes have %d and %d links", first.Bound(), second.Bound())
		}
	}
}

func fast(c *sms.Config) { c.Lease = 2 * time.Second }

// together runs a test of several nodes; SQLite has only one.
func together(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Postgres() {
			f(t, d)
		}
	})
}

func TestBindsAreSharedOutOverNodes(t *testing.T) { together(t, testBindsAreSharedOut) }

func testBindsAreSharedOut(t *testing.T, d *db.DB) {
	h := open(t, d, linked(3, fast))
	second := &network{answer: taken}
	h.binds(h.network, second, 3, 0)
	other := h.node(second, 3, fast)
	if err := other.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for h.network.Bound() == 3 || second.Bound() == 0 {
		<-time.After(time.Millisecond)
		if n := h.network.Bound() + second.Bound(); n > 3 {
			t.Fatalf("%d links", n)
		}
	}
	states, err := h.service.GatewayStates(context.Background())
	if err != nil || states[0].Binds != 3 || states[0].Bound > 3 || !states[0].Health.Up {
		t.Errorf("%+v, %v", states, err)
	}
	other.Close(context.Background())
	h.binds(h.network, second, 3, 0)
}

func TestOneNodeHasAllBinds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, linked(3))
		h.binds(h.network, &network{}, 3, 0)
	})
}

// A node without a link hands its text to the one that has it, and answers as
// if it had sent it itself.
func TestHandover(t *testing.T) { together(t, testHandover) }

func testHandover(t *testing.T, d *db.DB) {
	h := open(t, d, linked(1))
	h.binds(h.network, &network{}, 1, 0)
	far := &network{answer: verdict(transport.TextVerdict{Outcome: transport.Unknown, Text: "this node has no link"})}
	other := h.node(far, 1)
	h.start(other)
	for _, c := range []struct {
		name   string
		answer func(context.Context, *transport.Text, int) transport.TextVerdict
		status sms.Status
	}{
		{"taken", taken, sms.Sent},
		{"refused", verdict(transport.TextVerdict{Outcome: transport.Refused, Text: "no"}), sms.Failed},
		{"throttled", verdict(transport.TextVerdict{Text: "throttled"}), sms.Failed},
		{"unanswered", verdict(transport.TextVerdict{Outcome: transport.Unknown}), sms.Unknown},
	} {
		h.network.script(c.answer)
		before := h.network.sent()
		a, err := other.Send(h.call(long))
		if err != nil || a.Outcome.Status != c.status || far.sent() != 0 || h.network.sent() != before+1 {
			t.Fatalf("%s: %+v, %v", c.name, a, err)
		}
		if m := h.message(a.Outcome.MessageID); c.status == sms.Sent && (len(m.Segments) != 2 || m.Segments[1].ProviderID != a.Outcome.ProviderIDs[1]) {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
	if text := h.network.last(); text.From != "+2899682626" || text.To != "+447700900123" || text.Content != long || len(text.Parts) != 2 || len(text.PartReferences) != 2 {
		t.Errorf("%+v", text)
	}
	h.credits(1000 - 4)
}

// While no node begins, ten seconds end a text that was handed over as they end
// any other; once one has begun, it is unknown until its answer.
func TestHandoverPatience(t *testing.T) { together(t, testHandoverPatience) }

func testHandoverPatience(t *testing.T, d *db.DB) {
	h := open(t, d, linked(1))
	h.binds(h.network, &network{}, 1, 0)
	soon := func(c *sms.Config) { c.SyncTimeout = time.Second }
	other := h.node(&network{}, 1, soon)
	h.start(other)
	finish := make(chan transport.TextVerdict)
	h.network.script(func(context.Context, *transport.Text, int) transport.TextVerdict { return <-finish })
	a, err := other.Send(h.call("hello"))
	if err != nil || a.Outcome.Status != sms.Unknown {
		t.Fatalf("%+v, %v", a, err)
	}
	finish <- transport.TextVerdict{Outcome: transport.Taken, ProviderID: "1"}
	h.until(a.Outcome.MessageID, func(m *sms.Message) bool { return m.Status == sms.Sent && m.Segments[0].ProviderID == "1" })

	h.network.SetBinds(0)
	a, err = other.Send(h.call("hello"))
	if err != nil || a.Outcome.Status != sms.Failed || string(a.Body) != "PROVIDER_FAILURE" {
		t.Fatalf("%+v, %v", a, err)
	}
	h.network.SetBinds(1)
	h.credits(999)
	if err := d.Read(context.Background(), func(tx *db.Tx) error {
		var n int
		if err := tx.Row(`SELECT COUNT(*) FROM sms_handovers`, nil, &n); err != nil || n != 0 {
			t.Errorf("%d rows are left: %v", n, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// Neither the node that submits a text for another goes on for ever, nor the one
// that waits for it.
func TestHandoverEnds(t *testing.T) {
	for words, theirs := range map[string]bool{"the submission ended": true, "the node that submitted it did not say what the gateway answered": false} {
		together(t, func(t *testing.T, d *db.DB) {
			h := open(t, d)
			h.service.Close(context.Background())
			node := func(n *network, ends bool) *sms.Service {
				if !ends {
					return h.node(n, 1)
				}
				s := h.node(n, 1, func(c *sms.Config) { c.SyncTimeout = time.Second })
				s.SetRestLasts(50 * time.Millisecond)
				return s
			}
			h.start(node(h.network, theirs))
			h.binds(h.network, &network{}, 1, 0)
			other := node(&network{}, !theirs)
			h.start(other)
			finish := make(chan struct{})
			defer close(finish)
			h.network.script(func(ctx context.Context, _ *transport.Text, _ int) transport.TextVerdict {
				select {
				case <-ctx.Done():
				case <-finish:
				}
				return transport.TextVerdict{Outcome: transport.Unknown, Text: "the submission ended"}
			})
			a, err := other.Send(h.call("hello"))
			if err != nil || a.Outcome.Status != sms.Unknown {
				t.Fatalf("%+v, %v", a, err)
			}
			h.until(a.Outcome.MessageID, func(m *sms.Message) bool { return len(m.Segments) == 1 && m.Segments[0].Words == words })
		})
	}
}
