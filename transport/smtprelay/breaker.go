package smtprelay

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	tripAfter = 5 // sessions in a row that could not be had
	minWait   = time.Second
	maxWait   = time.Minute
)

const errDown = notice("the relay is not reachable at present; it is tried again soon")

// breaker keeps callers from waiting for a relay that is down. While it is,
// one caller at a time, after a growing pause, may see whether it is back.
type breaker struct {
	now    func() time.Time
	jitter func() float64

	// What every message looks at; the rest changes only when something fails.
	failures atomic.Int64 // in a row
	down     atomic.Bool

	mu    sync.Mutex
	last  string // why
	pause time.Duration
	next  time.Time // a probe may start
	probe int64     // the pass of who is probing; 0: nobody
	given int64     // passes
}

// enter lets a caller through, or not. A pass other than 0 makes it the one
// that probes; it must be given back with leave.
func (b *breaker) enter() (pass int64, ok bool) {
	if !b.down.Load() {
		return 0, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.down.Load():
		return 0, true
	case b.probe != 0 || b.now().Before(b.next):
		return 0, false
	}
	b.given++
	b.probe = b.given
	return b.probe, true
}

// leave ends a probe that has told nothing, so that the next caller may try.
func (b *breaker) leave(pass int64) {
	if pass == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.probe == pass {
		b.probe = 0
	}
}

// worked says that the relay has answered.
func (b *breaker) worked() {
	if b.failures.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.Store(0)
	b.down.Store(false)
	b.probe, b.last = 0, ""
}

// failed says that no session could be had; it reports whether that was one
// too many. What fails while the relay is known to be down, but was begun
// before, does not lengthen the pause.
func (b *breaker) failed(pass int64, why string) (tripped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = why
	failures := b.failures.Add(1)
	switch {
	case b.down.Load() && (pass == 0 || pass != b.probe):
		return false
	case b.down.Load():
		b.pause, b.probe = min(2*b.pause, maxWait), 0
	case failures < tripAfter:
		return false
	default:
		b.pause, tripped = minWait, true
		b.down.Store(true)
	}
	// Half of the pause is random, so that nodes do not come back as one.
	b.next = b.now().Add(b.pause/2 + time.Duration(b.jitter()*float64(b.pause/2)))
	return tripped
}

// state is why the relay is down and when it is tried next; "" means up.
func (b *breaker) state() (why string, next time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.down.Load() {
		return "", 0
	}
	return b.last, max(0, b.next.Sub(b.now()))
}
