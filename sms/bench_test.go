package sms_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

// instant takes everything at once, so that what is left is ours.
type instant struct{}

func (instant) Send(ctx context.Context, t *transport.Text) transport.TextReport {
	t.MayStart()
	return transport.TextReport{Verdicts: []transport.TextVerdict{taken(ctx, t, 0)}}
}

// BenchmarkSend is one text from call to answer without HTTP and without a
// gateway's time, with default durability and 100 accounts.
func BenchmarkSend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			dbtest.Each(b, func(b *testing.B, d *db.DB) { benchmarkSend(b, d, callers) })
		})
	}
}

func benchmarkSend(b *testing.B, d *db.DB, callers int) {
	c := config()
	c.Gateways = []*sms.Gateway{{Name: "carrier", Texter: instant{}, Weight: 1, Places: 64}}
	s := sms.New(d, c)
	keys := accounttest.Callers(b, d, account.SMS, 100, 1)
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO sms_accounts (account_id, status, messages) SELECT id, 'approved', 0 FROM accounts`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	defer s.Close(context.Background())
	var started, asked atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for started.Add(1) <= int64(b.N) {
				draft, f := sms.Parse("+447700900123", "Your code is 123456", sms.Limits{Countries: []string{"*"}})
				if f != nil {
					b.Error(f)
					return
				}
				a, err := s.Send(&sms.Call{Caller: keys[int(asked.Add(1))%len(keys)], Draft: draft, Arrived: time.Now(),
					Encode: func(*sms.Outcome) (int, []byte) { return 200, nil }})
				if err != nil || a.Outcome.Status != sms.Sent {
					b.Error(a, err)
					return
				}
			}
		})
	}
	all.Wait()
}
