package story

import (
	"sync"
	"time"
)

// Patience is how long a story waits for what has to happen. The contract's
// longest promise, a dead node's work taken over, is 30 seconds.
const Patience = 40 * time.Second

// watch is a lock over something that changes and can be waited for.
type watch struct {
	mu   sync.Mutex
	more chan struct{} // closed and replaced at each change
}

// change runs f under the lock and wakes everybody who waits.
func (w *watch) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	if w.more != nil {
		close(w.more)
		w.more = nil
	}
}

// look runs f under the lock.
func (w *watch) look(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// await returns once done, which is asked under the lock, says so, or false
// after Patience.
func (w *watch) await(done func() bool) bool {
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		w.mu.Lock()
		if done() {
			w.mu.Unlock()
			return true
		}
		if w.more == nil {
			w.more = make(chan struct{})
		}
		more := w.more
		w.mu.Unlock()
		select {
		case <-more:
		case <-late.C:
			return false
		}
	}
}

// pause holds a caller or a relay up for d: a delay is part of the story there.
func pause(d time.Duration) { <-time.After(d) }
