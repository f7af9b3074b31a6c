package db

import "time"

// SQLite's writers queue by polling, so a committer that is never idle would
// starve the operator's commands, which write from other processes.
const (
	yieldAfter = 100 * time.Millisecond
	yieldFor   = 5 * time.Millisecond
)

// yielder leaves SQLite's write lock free for a moment while the committer is
// busy without a pause.
type yielder struct {
	needed bool
	since  time.Time
}

func newYielder(d *DB) *yielder { return &yielder{needed: d.pool == nil} }

func (y *yielder) idle() { y.since = time.Time{} }

// after is called after each batch. A single caller leaves the lock free by
// itself between its calls.
func (y *yielder) after(batch int) {
	if !y.needed {
		return
	}
	now := time.Now()
	if y.since.IsZero() {
		y.since = now
	}
	if batch > 1 && now.Sub(y.since) > yieldAfter {
		time.Sleep(yieldFor)
		y.since = time.Time{}
	}
}
