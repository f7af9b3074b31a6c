package email_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// numbersOf tells the installation's figures from every message.
func (h *house) numbersOf(now int64) (n email.Numbers) {
	h.t.Helper()
	const period = 600_000
	err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT created_at, status FROM email_messages ORDER BY id`, nil, func(scan func(...any) error) error {
			var at int64
			var status email.Status
			if err := scan(&at, &status); err != nil {
				return err
			}
			if status == email.Queued {
				if n.Queued++; n.OldestQueuedAt == 0 {
					n.OldestQueuedAt = at
				}
			}
			if status == email.Unknown {
				n.Unknown++
			}
			if at/period <= (now-day.Milliseconds())/period {
				return nil
			}
			n.Accepted++
			switch status {
			case email.Sent:
				n.Sent++
			case email.Failed:
				n.Failed++
			default:
			}
			return nil
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// Whatever becomes of messages, the operator's first page counts them as they
// are, and forgets them after a day.
func TestNumbersAgreeWithTheMessages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		random := rand.New(rand.NewPCG(5, 6))
		unknown := func(_ context.Context, m *transport.Mail) transport.Report {
			return transport.Report{Reached: true, Verdicts: transport.All(len(m.To), transport.Verdict{Outcome: transport.Unknown, Text: "gone"})}
		}
		answers := []func(context.Context, *transport.Mail) transport.Report{taken, later, refuseSome, unknown}
		var ids []string
		for step := range 40 {
			h.relay.answer = answers[random.IntN(len(answers))]
			ids = append(ids, h.send(fmt.Sprintf("refused@%d.test", step)))
			switch at := ids[random.IntN(len(ids))]; random.IntN(4) {
			case 0:
				_ = h.service.Cancel(ctx, "", at) // most are not queued
			case 1:
				_, _ = h.service.Settle(ctx, "op", at, email.Failed) // hardly any is unknown
			case 2:
				now.pass(3 * time.Hour)
			}
			want := h.numbersOf(now.ms.Load())
			for before := (email.Numbers{}); before != want; want = h.numbersOf(now.ms.Load()) { // the queue goes on meanwhile
				before = want
				got, err := h.service.Numbers(ctx)
				if again := h.numbersOf(now.ms.Load()); err != nil || got != want && again == want {
					t.Errorf("step %d: %+v, not %+v; %v", step, got, want, err)
				}
			}
		}
	})
}
