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
		p.close()
	})
}
