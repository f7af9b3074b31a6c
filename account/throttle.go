package account

import (
	"sync"
	"time"

	"aviso/fault"
)

// Throttle bounds how often something may be asked on one node: for what costs
// little and is not billed, where an exact count over nodes is not worth a
// write. It forgets who has been quiet for a minute.
type Throttle struct {
	limit int
	now   func() time.Time

	mu      sync.Mutex
	windows map[string]window
	sweep   time.Time
}

// NewThrottle lets limit calls a minute through for each name.
func NewThrottle(limit int, now func() time.Time) *Throttle {
	return &Throttle{limit: limit, now: now, windows: map[string]window{}}
}

// Take counts a call under name, or refuses it with 429.
func (t *Throttle) Take(name string) *fault.Error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.After(t.sweep) {
		for n, w := range t.windows {
			if now.UnixMilli()-w.last() > Window.Milliseconds() {
				delete(t.windows, n)
			}
		}
		t.sweep = now.Add(Window)
	}
	w, wait := t.windows[name].take(now.UnixMilli(), t.limit)
	if wait > 0 {
		return rateLimited(wait)
	}
	t.windows[name] = w
	return nil
}
