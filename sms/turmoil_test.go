package sms_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

// However gateways answer, and whatever reports, late answers and operators say
// in whatever order: a text is refunded once or not at all, and the ledger
// proves it.
func TestTurmoil(t *testing.T) {
	const workers, each = 6, 12
	outcomes := []transport.Outcome{transport.Later, transport.Taken, transport.Taken, transport.Refused, transport.Unknown, transport.Unknown}
	states := []transport.ReceiptState{transport.Enroute, transport.Delivered, transport.Expired, transport.Rejected, transport.UnknownState}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.network.script(func(_ context.Context, text *transport.Text, part int) transport.TextVerdict {
			return transport.TextVerdict{Outcome: outcomes[rand.IntN(len(outcomes))], ProviderID: fmt.Sprint(text.ID, part)}
		})
		var all sync.WaitGroup
		for w := range workers {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			all.Go(func() {
				for range each {
					c := h.call(long)
					a, err := h.service.Send(c)
					if err != nil {
						t.Error(err)
						return
					}
					id := a.Outcome.MessageID
					var after sync.WaitGroup
					for range 1 + random.IntN(4) {
						part, state, outcome := random.IntN(2), states[random.IntN(len(states))], outcomes[random.IntN(len(outcomes))]
						r := &transport.Receipt{Gateway: "carrier", ProviderID: fmt.Sprint(id, part), State: state}
						late := &transport.LateAnswer{Gateway: "carrier", TextID: id, Part: part, Verdict: transport.TextVerdict{Outcome: outcome, ProviderID: r.ProviderID}}
						does := []func() error{
							func() error { return h.service.Receipt(ctx, r) },
							func() error { return h.service.Answered(ctx, late) },
							func() error { _, err := h.service.Settle(ctx, "op", []string{id}, sms.Failed); return err },
						}[random.IntN(3)]
						after.Go(func() {
							if err := does(); err != nil {
								t.Error(err)
							}
						})
					}
					after.Wait()
				}
			})
		}
		all.Wait()
		v, err := sms.Verify(ctx, d, func(p credit.Problem) { t.Errorf("%+v", p) })
		if err != nil || v.Messages != workers*each {
			t.Errorf("%+v, %v", v, err)
		}
		refunded := h.number(`SELECT COALESCE(SUM(refunded), 0) FROM sms_messages`)
		h.credits(1000 - 2*workers*each + refunded)
		if n := h.number(`SELECT COUNT(*) FROM sms_messages WHERE (status = 'failed') <> (refunded = 2)`); n != 0 {
			t.Errorf("%d texts are failed and not refunded, or the other way", n)
		}
	})
}
