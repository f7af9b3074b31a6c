package email_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// counted is what the statistics must say: told from every message.
func (h *house) counted() map[int64]email.Day {
	h.t.Helper()
	days := map[int64]email.Day{}
	err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT created_at, status FROM email_messages WHERE account_id = $1`, []any{h.account.ID}, func(scan func(...any) error) error {
			var at int64
			var status email.Status
			err := scan(&at, &status)
			d := days[at/day.Milliseconds()]
			d.Accepted++
			switch status {
			case email.Sent:
				d.Sent++
			case email.Failed:
				d.Failed++
			case email.Queued, email.Sending:
				d.Queued++
			case email.Unknown, email.Interrupted, email.Cancelled:
				d.Other++
			}
			days[at/day.Milliseconds()] = d
			return err
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return days
}

// countsAreRight compares the statistics with the messages and the ledger.
func (h *house) countsAreRight(when string) {
	h.t.Helper()
	ctx := context.Background()
	var list []email.Day
	var total email.Totals
	want := h.counted()
	for before := map[int64]email.Day(nil); !maps.Equal(before, want); want = h.counted() { // the queue goes on meanwhile
		before = want
		var err error
		if list, err = h.service.Stats(ctx, h.account.ID, 30); err != nil {
			h.t.Fatal(err)
		}
		if total, err = h.service.Totals(ctx, h.account.ID); err != nil {
			h.t.Fatal(err)
		}
	}
	sum, spent := email.Day{}, int64(0)
	for _, d := range list {
		spent += d.Credits
		sum.Sent, sum.Failed, sum.Queued = sum.Sent+d.Sent, sum.Failed+d.Failed, sum.Queued+d.Queued
		at := d.Day
		d.Credits, d.Day = 0, 0
		if d != want[at] {
			h.t.Errorf("%s: day %d is %+v, not %+v", when, at, d, want[at])
		}
	}
	if left := 1000 - h.balance(); spent != left {
		h.t.Errorf("%s: the days cost %d, and %d credits are gone", when, spent, left)
	}
	if total.Sent != sum.Sent || total.Failed != sum.Failed || total.Queued != sum.Queued || total.SentToday != list[len(list)-1].Sent || total.Keys != 1 {
		h.t.Errorf("%s: the totals are %+v, the days %+v", when, total, sum)
	}
}

// Whatever becomes of messages, in whatever order, their days are what they
// come to, and what the days cost is what is gone.
func TestStatsAgreeWithTheMessages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		random := rand.New(rand.NewPCG(1, 2))
		unknown := func(_ context.Context, m *transport.Mail) transport.Report {
			return transport.Report{Reached: true, Verdicts: transport.All(len(m.To), transport.Verdict{Outcome: transport.Unknown, Text: "gone"})}
		}
		answers := []func(context.Context, *transport.Mail) transport.Report{taken, later, refuseSome, unknown}
		var ids []string
		for step := range 60 {
			h.relay.answer = answers[random.IntN(len(answers))]
			to := []string{fmt.Sprintf("a%d@x.test", step)}
			if random.IntN(2) == 0 {
				to = append(to, fmt.Sprintf("refused@%d.test", step))
			}
			if random.IntN(3) == 0 {
				to = to[len(to)-1:]
			}
			ids = append(ids, h.send(to...))
			switch at := ids[random.IntN(len(ids))]; random.IntN(4) {
			case 0:
				_ = h.service.Cancel(ctx, "", at) // most are not queued
			case 1:
				_, _ = h.service.Settle(ctx, "op", at, email.Failed) // hardly any is unknown
			case 2:
				now.pass(5 * time.Hour)
			}
			h.countsAreRight(fmt.Sprint("step ", step))
		}
		if n := len(h.counted()); n < 3 {
			t.Errorf("only %d days", n)
		}
		h.sound()
	})
}

// A message whose node died leaves the numbers of its day, and comes back to it
// when its call does.
func TestStatsOfTheInterrupted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		claim := func() *account.Claim {
			return &account.Claim{Account: h.account.ID, Route: email.Route, Key: "once", BodyHash: sha256.Sum256(nil)}
		}
		call := h.call("a@x.test")
		call.Claim = claim()
		first, err := h.service.Send(call)
		if err != nil {
			t.Fatal(err)
		}
		h.exec(`UPDATE email_messages SET status = 'sending', due_at = $1, sent_at = NULL`, now.ms.Load()-1)
		h.exec(`UPDATE idempotency_keys SET status = 0, answer = NULL`)
		h.countsAreRight("sending")
		h.service.Close(ctx)
		h.service = email.New(d, func() email.Config {
			c := config()
			c.Relays = []*email.Relay{{Name: "primary", Mailer: h.relay, Places: 8}}
			return c
		}())
		if err := h.service.Start(ctx); err != nil { // takes over what is sending
			t.Fatal(err)
		}
		if d.Postgres() {
			if err := h.service.Recover(ctx); err != nil {
				t.Fatal(err)
			}
		}
		h.countsAreRight("interrupted")
		now.pass(20 * time.Hour) // the next day
		again := h.call("a@x.test")
		again.Claim = claim()
		second, err := h.service.Send(again)
		if err != nil || second.Outcome.MessageID != first.Outcome.MessageID {
			t.Fatalf("%+v, %v", second, err)
		}
		h.countsAreRight("resumed")
	})
}

// Two nodes that send for one account at once, about midnight, count together.
func TestStatsOfTwoNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		open2 := func() *db.DB {
			d, err := db.Open(context.Background(), db.Options{URL: url, Create: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			if err := d.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := open2()
		now := stopClock(d)
		h := open(t, d)
		nodes := []*email.Service{h.service}
		if d.Postgres() {
			other := open2()
			other.SetClock(now.ms.Load)
			c := config()
			c.Relays = []*email.Relay{{Name: "primary", Mailer: h.relay, Places: 8}}
			s := email.New(other, c)
			if err := s.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close(context.Background()) })
			nodes = append(nodes, s)
		}
		h.relay.answer = refuseSome
		if _, err := h.service.Send(h.call("first@x.test")); err != nil { // the account's row is there to be locked
			t.Fatal(err)
		}
		for range 3 {
			var all sync.WaitGroup
			for i := range 24 {
				all.Go(func() {
					to := fmt.Sprintf("a%d@x.test", i)
					if i%3 == 0 {
						to = "refused@x.test"
					}
					if _, err := nodes[i%len(nodes)].Send(h.call(to)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			now.pass(9 * time.Hour)
		}
		h.countsAreRight("at the end")
		h.sound()
	})
}
