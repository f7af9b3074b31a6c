package smtprelay

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Places go to callers in the order in which they came, kept sessions before
// empty ones, and the session used last goes first.
func TestPoolOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pool{max: 2, keep: time.Minute}
		mustPlace := func(want *session) {
			t.Helper()
			if s, err := p.take(t.Context()); err != nil || s != want {
				t.Fatalf("%p, %v", s, err)
			}
		}
		mustPlace(nil)
		mustPlace(nil)
		a, b := new(session), new(session)
		order := make(chan int, 3)
		for n := range 3 {
			go func() {
				if _, err := p.take(t.Context()); err == nil {
					order <- n
				}
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			if _, err := p.take(ctx); err != errEnded {
				t.Errorf("%v", err)
			}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		for n := range 3 {
			if n%2 == 0 {
				p.put(a)
			} else {
				p.vacate()
			}
			if got := <-order; got != n {
				t.Errorf("caller %d came before %d", got, n)
			}
		}
		p.put(a)
		p.put(b)
		mustPlace(b)
		mustPlace(a)
		if open, inUse := p.count(); open != 2 || inUse != 2 {
			t.Errorf("%d open, %d in use", open, inUse)
		}
		p.vacate()
		p.vacate()
		if open, _ := p.count(); open != 0 {
			t.Errorf("%d open", open)
		}
	})
}

// Who waits when the pool is closed is turned away, and nothing stays open.
func TestPoolClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pool{max: 1, keep: time.Minute}
		if _, err := p.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		turned := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := p.take(t.Context())
				turned <- err
			}()
		}
		synctest.Wait()
		p.close()
		for range 2 {
			if err := <-turned; err != errClosed {
				t.Errorf("%v", err)
			}
		}
		p.vacate()
		if open, _ := p.count(); open != 0 {
			t.Errorf("%d open", open)
		}
	})
}

// A place that comes in the moment in which its caller leaves goes on.
func TestPoolLeave(t *testing.T) {
	p := &pool{max: 1, keep: time.Minute}
	if _, err := p.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*session{new(session), nil} {
		place := p.waiting.PushBack(make(chan *session, 1))
		p.next() <- s
		p.leave(place)
		if got, err := p.take(t.Context()); err != nil || got != s {
			t.Errorf("%p came back, not %p, %v", got, s, err)
		}
		if open, inUse := p.count(); open != 1 || inUse != 1 {
			t.Errorf("%d open, %d in use", open, inUse)
		}
	}
	p.reaper.Stop()
}

// What was dialled before the relay was known to be down says nothing new.
func TestBreakerLateFailures(t *testing.T) {
	now := time.Unix(1e9, 0)
	b := breaker{now: func() time.Time { return now }, jitter: func() float64 { return 0 }}
	for n := 1; n <= 8; n++ {
		if tripped := b.failed(0, "cut"); tripped != (n == tripAfter) {
			t.Errorf("failure %d tripped: %t", n, tripped)
		}
	}
	if _, next := b.state(); next != minWait/2 {
		t.Errorf("the next try is in %s", next)
	}
	now = now.Add(minWait)
	pass, ok := b.enter()
	if !ok || pass == 0 {
		t.Fatal("no probe")
	}
	b.failed(0, "cut")
	if _, ok := b.enter(); ok {
		t.Error("a late failure ended somebody's probe")
	}
	b.leave(pass)
	if _, ok := b.enter(); !ok {
		t.Error("the probe was not given back")
	}
}
