package httpsms

import (
	"sync"
	"time"
)

const (
	tripAfter = 5 // connections in a row that could not be had
	minWait   = time.Second
	maxWait   = time.Minute
)

// breaker keeps callers from waiting for a gateway that is down. While it is,
// one caller at a time, after a growing pause, may see whether it is back.
type breaker struct {
	now    func() time.Time
	jitter func() float64

	mu       sync.Mutex
	failures int // in a row
	down     bool
	probing  bool
	last     string // why
	pause    time.Duration
	next     time.Time // a probe may start
}

// enter lets a caller through, or not. A probe must be given back with leave.
func (b *breaker) enter() (probe, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.down:
		return false, true
	case b.probing || b.now().Before(b.next):
		return false, false
	}
	b.probing = true
	return true, true
}

// leave ends a probe, whatever it has told, so that the next caller may try.
func (b *breaker) leave(probe bool) {
	if !probe {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// worked says that the gateway has answered.
func (b *breaker) worked() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.down, b.last = 0, false, ""
}

// failed says that no connection could be had. What fails while the gateway is
// known to be down, but was begun before, does not lengthen the pause.
func (b *breaker) failed(probe bool, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = why
	b.failures++
	switch {
	case b.down && !probe:
		return
	case b.down:
		b.pause = min(2*b.pause, maxWait)
	case b.failures < tripAfter:
		return
	default:
		b.pause, b.down = minWait, true
	}
	// Half of the pause is random, so that nodes do not come back as one.
	b.next = b.now().Add(b.pause/2 + time.Duration(b.jitter()*float64(b.pause/2)))
}

// state is why the gateway is down and when it is tried next; "" means up.
func (b *breaker) state() (why string, next time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.down {
		return "", 0
	}
	return b.last, max(0, b.next.Sub(b.now()))
}
