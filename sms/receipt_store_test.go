package sms_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

func (h *house) receipt(r transport.Receipt) {
	h.t.Helper()
	r.Gateway = "carrier"
	if err := h.service.Receipt(context.Background(), &r); err != nil {
		h.t.Fatal(err)
	}
}

// sendAs sends a text whose segments the gateway names like this; "" leaves it
// unanswered.
func (h *house) sendAs(content string, ids ...string) string {
	h.t.Helper()
	h.network.script(func(_ context.Context, _ *transport.Text, part int) transport.TextVerdict {
		if ids[part] == "" {
			return transport.TextVerdict{Outcome: transport.Unknown, Text: "no answer"}
		}
		return transport.TextVerdict{Outcome: transport.Taken, ProviderID: ids[part]}
	})
	return h.send(h.call(content)).Outcome.MessageID
}

func (h *house) is(id string, want sms.Status) {
	h.t.Helper()
	if m := h.message(id); m.Status != want {
		h.t.Errorf("the text is %s, not %s: %+v", m.Status, want, m)
	}
}

func TestReceiptsFindTheirTextByItsID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for _, c := range []struct{ name, taken, reported string }{
			{"exactly", "Ab-1", "Ab-1"},
			{"in another case", "Cafe-2", "cAFE-2"},
			{"with zeros", "7003", "0000007003"},
			{"without zeros", "0007004", "7004"},
			{"in hexadecimal", "1000000005", "3b9aca05"},
			{"in decimal", "3B9ACA06", "1000000006"},
		} {
			id := h.sendAs("hello", c.taken)
			h.receipt(transport.Receipt{ProviderID: c.reported, To: "447700900123", State: transport.Delivered, Code: "000"})
			if m := h.message(id); m.Status != sms.Delivered || m.Segments[0].Code != "000" || len(m.Receipts) != 1 || m.Receipts[0].State != transport.Delivered {
				t.Errorf("%s: %+v", c.name, m)
			}
		}
		two, other := h.sendAs("hello", "same"), h.sendAs("hello", "same")
		h.receipt(transport.Receipt{ProviderID: "same", State: transport.Delivered})
		h.is(two, sms.Sent)
		h.is(other, sms.Sent)
		strange := h.sendAs("hello", "9001")
		h.receipt(transport.Receipt{ProviderID: "9001", To: "+15550001111", State: transport.Delivered})
		h.is(strange, sms.Sent)
		if err := h.service.Receipt(context.Background(), &transport.Receipt{Gateway: "another", ProviderID: "9001", State: transport.Delivered}); err != nil {
			t.Fatal(err)
		}
		h.is(strange, sms.Sent)
		h.credits(1000 - 9)
	})
}

func TestReceiptsAddUp(t *testing.T) {
	type report struct {
		id    string
		state transport.ReceiptState
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		left := int64(1000)
		for _, c := range []struct {
			name    string
			taken   [2]string // ids; "" for unanswered
			reports []report
			status  sms.Status
			cost    int64
		}{
			{"one delivered", [2]string{"a1", "a2"}, []report{{"a1", transport.Delivered}}, sms.Sent, 2},
			{"all delivered", [2]string{"b1", "b2"}, []report{{"b1", transport.Delivered}, {"b2", transport.Delivered}}, sms.Delivered, 2},
			{"one expired", [2]string{"c1", "c2"}, []report{{"c1", transport.Delivered}, {"c2", transport.Expired}}, sms.Undelivered, 2},
			{"on its way", [2]string{"d1", "d2"}, []report{{"d1", transport.Enroute}, {"d2", transport.Accepted}}, sms.Sent, 2},
			{"rejected", [2]string{"e1", "e2"}, []report{{"e2", transport.Rejected}}, sms.Failed, 0},
			{"rejected twice", [2]string{"f1", "f2"}, []report{{"f1", transport.Rejected}, {"f2", transport.Rejected}}, sms.Failed, 0},
			{"delivered, then rejected", [2]string{"g1", "g2"}, []report{{"g1", transport.Delivered}, {"g2", transport.Delivered}, {"g2", transport.Rejected}}, sms.Delivered, 2},
			{"rejected, then delivered", [2]string{"h1", "h2"}, []report{{"h1", transport.Rejected}, {"h1", transport.Delivered}, {"h2", transport.Delivered}}, sms.Failed, 0},
			{"delivered, then on its way", [2]string{"i1", "i2"}, []report{{"i1", transport.Delivered}, {"i2", transport.Delivered}, {"i1", transport.Enroute}}, sms.Delivered, 2},
		} {
			id := h.sendAs(long, c.taken[:]...)
			for _, r := range c.reports {
				h.receipt(transport.Receipt{ProviderID: r.id, State: r.state})
			}
			left -= c.cost
			h.is(id, c.status)
			h.credits(left)
			if n := len(h.message(id).Receipts); n != len(c.reports) {
				t.Errorf("%s: %d receipts were kept", c.name, n)
			}
		}
	})
}

// What was never answered is settled by whatever proves more.
func TestReceiptsSettleTheUnknown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		byReference := h.sendAs("hello", "")
		h.exec(`UPDATE sms_segments SET submitted_at = submitted_at - $1`, (71 * time.Hour).Milliseconds())
		h.receipt(transport.Receipt{ProviderID: "r1", Reference: h.network.last().PartReferences[0], To: "447700900123", State: transport.Accepted})
		h.is(byReference, sms.Sent)
		h.receipt(transport.Receipt{ProviderID: "r1", State: transport.Delivered}) // its id is known now
		h.is(byReference, sms.Delivered)

		byText := h.sendAs("hello", "")
		h.receipt(transport.Receipt{TextID: byText, State: transport.Rejected})
		h.is(byText, sms.Failed)

		guess := transport.Receipt{ProviderID: "g", From: "2899682626", To: "447700900123", SubmittedAt: time.Now().Add(-4 * time.Minute), State: transport.Delivered}
		byTime := h.sendAs("hello", "")
		old := guess
		old.SubmittedAt = time.Now().Add(-6 * time.Minute)
		h.receipt(old)
		h.is(byTime, sms.Unknown)
		elsewhere := guess
		elsewhere.From = "15550001111"
		h.receipt(elsewhere)
		h.is(byTime, sms.Unknown)
		h.receipt(guess)
		h.is(byTime, sms.Delivered)

		one, two := h.sendAs("hello", ""), h.sendAs("hello", "")
		guess.ProviderID = "h"
		h.receipt(guess)
		h.is(one, sms.Unknown)
		h.is(two, sms.Unknown)

		h.credits(1000 - 4)
	})
}

// A text that turns out to have been sent counts with all its segments, whoever
// finds it out.
func TestTheUnknownCountsOnceItIsKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		for i, find := range []func(id string){
			func(string) {
				h.receipt(transport.Receipt{Reference: h.network.last().PartReferences[1], State: transport.Accepted})
			},
			func(id string) {
				if settled, err := h.service.Settle(ctx, "op", []string{id}, sms.Sent); err != nil || settled[0].Fault != nil {
					t.Errorf("%+v, %v", settled, err)
				}
			},
		} {
			id := h.sendAs(long, fmt.Sprint("taken", i), "")
			h.is(id, sms.Unknown)
			find(id)
			h.is(id, sms.Sent)
			n := int64(i + 1)
			if totals, err := h.service.Totals(ctx); err != nil || totals.Sent != n || totals.Segments != 2*n {
				t.Errorf("after %d texts of two segments: %+v, %v", n, totals, err)
			}
		}
	})
}

// A receipt that is faster than its text's settlement waits for it.
func TestReceiptsWaitForTheirText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.network.script(func(_ context.Context, text *transport.Text, _ int) transport.TextVerdict {
			h.receipt(transport.Receipt{ProviderID: "0x", To: text.To, State: transport.Enroute})
			h.receipt(transport.Receipt{ProviderID: "00FAST", To: text.To, State: transport.Delivered})
			return transport.TextVerdict{Outcome: transport.Taken, ProviderID: "fast"}
		})
		a := h.send(h.call("hello"))
		if m := h.becomes(a.Outcome.MessageID, sms.Delivered); len(m.Receipts) != 1 {
			t.Errorf("%+v", m)
		}
		h.network.script(func(_ context.Context, text *transport.Text, _ int) transport.TextVerdict {
			h.receipt(transport.Receipt{TextID: text.ID, State: transport.Expired})
			return transport.TextVerdict{Outcome: transport.Taken}
		})
		h.becomes(h.send(h.call("hello")).Outcome.MessageID, sms.Undelivered)
	})
}

// What a node that is gone had still to look at was in its memory; the next
// one looks at all that waits.
func TestAStartTriesTheReceiptsThatWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := h.sendAs("hello", "left")
		h.service.Close(context.Background())
		h.exec(`INSERT INTO sms_receipts (id, message_id, segment, gateway, provider_id, provider_key, reference, text_id, sender, recipient, state, code, words, received_at)
			VALUES ($1, '', 0, 'carrier', 'left', 'left', 0, '', '', '', 'delivered', '', '', $2)`, db.NewID(), time.Now().Add(-71*time.Hour).UnixMilli())

		h.service = sms.New(d, h.config())
		if err := h.service.SweepOld(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.start(h.service)
		h.becomes(id, sms.Delivered)
	})
}

func TestLateAnswers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for _, c := range []struct {
			outcome transport.Outcome
			status  sms.Status
		}{{transport.Taken, sms.Sent}, {transport.Refused, sms.Failed}, {transport.Later, sms.Failed}, {transport.Unknown, sms.Unknown}} {
			id := h.sendAs("hello", "")
			late := &transport.LateAnswer{Gateway: "carrier", TextID: id, Verdict: transport.TextVerdict{Outcome: c.outcome, ProviderID: "late" + c.outcome.String()}}
			for range 2 {
				if err := h.service.Answered(context.Background(), late); err != nil {
					t.Fatal(err)
				}
			}
			h.is(id, c.status)
			h.receipt(transport.Receipt{ProviderID: "late" + c.outcome.String(), State: transport.Delivered})
		}
		h.credits(1000 - 2)
		for _, strange := range []transport.LateAnswer{{Gateway: "carrier", TextID: "nobody's"}, {Gateway: "carrier", TextID: db.NewID()}, {Gateway: "another", TextID: h.sendAs("hello", "")}} {
			strange.Verdict.Outcome = transport.Refused
			if err := h.service.Answered(context.Background(), &strange); err != nil {
				t.Error(err)
			}
		}
		h.credits(1000 - 3)
	})
}

// The third part of a text was never submitted once the second was in doubt: it
// cannot arrive whole, whatever the second turns out to be.
func TestLateAnswerOfAnUnfinishedText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := h.sendAs(long+long, "p1", "")
		h.is(id, sms.Unknown)
		late := &transport.LateAnswer{Gateway: "carrier", TextID: id, Part: 1, Verdict: transport.TextVerdict{Outcome: transport.Taken, ProviderID: "p2"}}
		if err := h.service.Answered(context.Background(), late); err != nil {
			t.Fatal(err)
		}
		h.is(id, sms.Failed)
		h.credits(1000)
	})
}

// A text whose node died is not submitted again. One whose caller was never
// answered is refunded, and a receipt is only noted.
func TestRecovery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(c *sms.Config) { c.Lease = 2 * time.Second })
		h.network.script(taken)
		for _, c := range []struct {
			name     string
			answered bool
			dead     sms.Status
			reported sms.Status
			cost     int64
		}{{"unanswered", false, sms.Interrupted, sms.Interrupted, 0}, {"answered", true, sms.Unknown, sms.Delivered, 1}} {
			var before credit.Balance
			h.write(func(tx *db.Tx) (err error) {
				before, err = credit.Read(tx, h.account.ID, credit.SMS)
				return err
			})
			id := h.send(h.call("hello")).Outcome.MessageID
			sent := h.network.sent()
			h.exec(`DELETE FROM sms_segments WHERE message_id = $1`, id)
			h.exec(`UPDATE sms_messages SET status = 'sending', answered = $1, due_at = 1 WHERE id = $2`, c.answered, id)
			m := h.until(id, func(m *sms.Message) bool { return len(m.Segments) > 0 })
			if m.Status != c.dead || h.network.sent() != sent || m.Charged != c.cost || len(m.Segments) != 1 || m.Segments[0].State != sms.SegmentUnknown {
				t.Errorf("%s: %+v", c.name, m)
			}
			h.receipt(transport.Receipt{Reference: h.network.last().PartReferences[0], State: transport.Delivered})
			h.is(id, c.reported)
			if m := h.message(id); len(m.Receipts) != 1 {
				t.Errorf("%s: the receipt was not noted", c.name)
			}
			h.credits(before.Credits - c.cost)
		}
	})
}

// The key of a call that was never answered is its caller's again: the text
// before is refunded, and this one is another.
func TestInterruptedCallIsMadeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(c *sms.Config) { c.Lease = 2 * time.Second })
		call := func() *sms.Call {
			c := h.call("hello")
			c.Claim = &account.Claim{Account: h.account.ID, Route: sms.Route, Key: "k"}
			return c
		}
		id := h.send(call()).Outcome.MessageID
		h.exec(`UPDATE idempotency_keys SET status = 0, answer = NULL`)
		h.exec(`DELETE FROM sms_segments WHERE message_id = $1`, id)
		h.exec(`UPDATE sms_messages SET status = 'sending', answered = $1, due_at = 1 WHERE id = $2`, false, id)
		h.becomes(id, sms.Interrupted)
		if a := h.send(call()); a.Replayed || a.Outcome.MessageID == id || a.Outcome.Status != sms.Sent || h.network.sent() != 2 {
			t.Errorf("%+v", a)
		}
		h.credits(999)
	})
}
