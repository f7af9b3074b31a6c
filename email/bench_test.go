package email_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// instant takes everything at once, so that what is left is ours.
type instant struct{}

func (instant) Send(ctx context.Context, m *transport.Mail) transport.Report {
	return taken(ctx, m)
}

// BenchmarkSend is one message from call to answer without HTTP and without a
// relay's time, with default durability and 100 accounts.
func BenchmarkSend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			dbtest.Each(b, func(b *testing.B, d *db.DB) { benchmarkSend(b, d, callers) })
		})
	}
}

func benchmarkSend(b *testing.B, d *db.DB, callers int) {
	c := config()
	c.RateLimit = 1 << 30
	c.Relays = []*email.Relay{{Name: "primary", Mailer: instant{}, Places: 64}}
	s := email.New(d, c)
	if err := s.Prepare(context.Background()); err != nil {
		b.Fatal(err)
	}
	keys := accounttest.Callers(b, d, account.Email, 100, 5)
	html := strings.Repeat("<p>Hello, this is a line of a message.</p>\n", 48)[:2048]
	draft, f := email.NewDraft(&email.Request{To: []string{"customer@example.com"}, Subject: "Welcome", HTML: html}, email.Limits{BodyBytes: 512000, Recipients: 100})
	if f != nil {
		b.Fatal(f)
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
				a, err := s.Send(&email.Call{Caller: keys[int(asked.Add(1))%len(keys)], Channel: email.HTTP, Draft: draft, Arrived: time.Now(),
					Encode: func(*email.Outcome) (int, []byte) { return 200, nil }})
				if err != nil || a.Outcome.Status != email.Sent {
					b.Error(a, err)
					return
				}
			}
		})
	}
	all.Wait()
}
