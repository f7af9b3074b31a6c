package email_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
	"aviso/email"
	"aviso/transport"
)

// instant takes everything at once, so that what is left is ours.
type instant struct{}

func (instant) Send(ctx context.Context, m *transport.Mail) transport.Report {
	return taken(ctx, m)
}

// BenchmarkSend is one message from call to answer without HTTP and without a
// relay's time, on SQLite with default durability: 64 callers, 100 accounts.
func BenchmarkSend(b *testing.B) {
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + b.TempDir() + "/aviso.db", Create: true})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	c := config()
	c.RateLimit = 1 << 30
	c.Relays = []*email.Relay{{Name: "primary", Mailer: instant{}, Places: 64}}
	s := email.New(d, c)
	callers := benchCallers(b, d, s)
	html := strings.Repeat("<p>Hello, this is a line of a message.</p>\n", 48)[:2048]
	draft, f := email.NewDraft(&email.Request{To: []string{"customer@example.com"}, Subject: "Welcome", HTML: html}, email.Limits{BodyBytes: 512000, Recipients: 100})
	if f != nil {
		b.Fatal(f)
	}
	if err := s.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	defer s.Close(context.Background())
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			a, err := s.Send(&email.Call{Caller: callers[int(n.Add(1))%len(callers)], Channel: email.HTTP, Draft: draft, Arrived: time.Now(),
				Encode: func(*email.Outcome) (int, []byte) { return 200, nil }})
			if err != nil || a.Outcome.Status != email.Sent {
				b.Error(a, err)
				return
			}
		}
	})
	b.StopTimer()
}

func benchCallers(b *testing.B, d *db.DB, s *email.Service) []account.Caller {
	b.Helper()
	ctx := context.Background()
	if err := s.Prepare(ctx); err != nil {
		b.Fatal(err)
	}
	var tokens []string
	err := d.Write(ctx, func(tx *db.Tx) error {
		for range 100 {
			a, err := account.Create(tx, "bench", account.New{Email: db.NewID() + "@bench.test"})
			if err != nil {
				return err
			}
			if _, err := credit.Grant(tx, "bench", a.ID, credit.Email, 1<<30, "bench"); err != nil {
				return err
			}
			for range 5 {
				_, token, err := account.CreateKey(tx, "bench", a, account.Email, "k")
				if err != nil {
					return err
				}
				tokens = append(tokens, token)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	finder := account.NewCallers(d, account.Email, time.Now)
	var callers []account.Caller
	for _, token := range tokens {
		c, err := finder.Identify(ctx, token)
		if err != nil {
			b.Fatal(err)
		}
		callers = append(callers, c)
	}
	return callers
}
