package nexthop_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/nexthop"
	"aviso/transport"
)

// number reads one number.
func number(t *testing.T, d *db.DB, sql string, args ...any) (n int64) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(sql, args, &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

const audited = `SELECT COUNT(*) FROM audit_entries WHERE action = $1 AND subject = $2`

func TestHold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write := func(f func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		first := nexthop.Hold{Since: 5, Reason: "a flood"}
		for _, h := range []nexthop.Hold{first, {Since: 9, Reason: "another"}} {
			write(func(tx *db.Tx) error {
				on, err := nexthop.Place(tx, "ada", h)
				if on != first {
					t.Errorf("%+v is on", on)
				}
				return err
			})
		}
		write(func(tx *db.Tx) error {
			if held, err := nexthop.IsHeld(tx); !held || err != nil {
				t.Errorf("held: %t, %v", held, err)
			}
			return nexthop.Lift(tx, "ada", "nothing waited")
		})
		write(func(tx *db.Tx) error {
			if h, err := nexthop.ReadHold(tx); h != (nexthop.Hold{}) || err != nil {
				t.Errorf("still %+v, %v", h, err)
			}
			return nil
		})
		if placed, lifted := number(t, d, audited, "queue.hold", "all"), number(t, d, audited, "queue.release", "all"); placed != 1 || lifted != 1 {
			t.Errorf("%d holds and %d releases were noted", placed, lifted)
		}
	})
}

// A pause is its own kind's, and is noted once however often it is asked for.
func TestPause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := int64(1_900_000_000_000)
		d.SetClock(func() int64 { return now })
		since := func(k nexthop.Kind) (at int64) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				at, err = k.PausedAt(tx, "first")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		for range 2 {
			if err := nexthop.Relays.Pause(t.Context(), d, "ada", "first"); err != nil {
				t.Fatal(err)
			}
			now++
		}
		if at, other := since(nexthop.Relays), since(nexthop.Gateways); at != 1_900_000_000_000 || other != 0 {
			t.Errorf("the relay is paused since %d, the gateway since %d", at, other)
		}
		for range 2 {
			if err := nexthop.Relays.Resume(t.Context(), d, "ada", "first"); err != nil {
				t.Fatal(err)
			}
		}
		if at := since(nexthop.Relays); at != 0 {
			t.Errorf("paused since %d after its end", at)
		}
		if paused, resumed := number(t, d, audited, "relay.pause", "first"), number(t, d, audited, "relay.resume", "first"); paused != 1 || resumed != 1 {
			t.Errorf("%d pauses and %d ends were noted", paused, resumed)
		}
	})
}

// servers starts n of them that have the next hops named, and counts what they send.
func servers(t *testing.T, d *db.DB, n int, here string) (sent *atomic.Int64) {
	sent = &atomic.Int64{}
	ctx, stop := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	for range n {
		s := nexthop.NewTester(nexthop.Gateways, d, slog.New(slog.DiscardHandler), func(name string) bool { return name == here },
			func(_ context.Context, test nexthop.Test) (transport.Outcome, string) {
				sent.Add(1)
				return transport.Refused, test.NextHop + " knows no " + test.Recipient
			})
		loops.Go(func() { s.Loop.Start(ctx); s.Wait() })
	}
	t.Cleanup(func() { stop(); loops.Wait() })
	return sent
}

// Of several servers one takes a test up, and whoever asked hears what came of it.
func TestTryOverServers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sent := servers(t, d, 3, "carrier")
		asking := nexthop.NewTester(nexthop.Gateways, d, slog.New(slog.DiscardHandler), func(string) bool { return false }, nil)
		for range 3 {
			test, err := asking.Try(t.Context(), "ada", "carrier", "+447700900123", time.Minute)
			if err != nil || test.Outcome != "refused" || test.Reply != "carrier knows no +447700900123" || test.TakenAt == 0 || test.FinishedAt < test.TakenAt {
				t.Errorf("%+v, %v", test, err)
			}
		}
		if sent.Load() != 3 || number(t, d, audited, "gateway.test", "carrier") != 3 {
			t.Errorf("%d were sent", sent.Load())
		}
	})
}

// A test that nobody takes up is withdrawn: it must not go out later.
func TestTryInVain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sent := servers(t, d, 1, "another")
		asking := nexthop.NewTester(nexthop.Gateways, d, slog.New(slog.DiscardHandler), func(string) bool { return false }, nil)
		_, err := asking.Try(t.Context(), "ada", "carrier", "+447700900123", 10*time.Millisecond)
		if f := fault.Of(err); err == nil || f.Code != "UNAVAILABLE" {
			t.Errorf("%v", err)
		}
		if n := number(t, d, `SELECT COUNT(*) FROM sms_gateway_tests`); n != 0 || sent.Load() != 0 {
			t.Errorf("%d tests wait, %d were sent", n, sent.Load())
		}
	})
}
