package api_test

import (
	"sync/atomic"
	"time"
)

// clocks are the database's clock, which decides, and the process's, which is
// monotonic. They stand still unless a test moves them.
type clocks struct{ database, process atomic.Int64 } // milliseconds UTC

func newClocks() *clocks {
	c := &clocks{}
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	c.database.Store(noon)
	c.process.Store(noon)
	return c
}

// advance lets time pass.
func (c *clocks) advance(d time.Duration) {
	c.database.Add(d.Milliseconds())
	c.process.Add(d.Milliseconds())
}

// tomorrow lets time pass until just after the next midnight UTC.
func (c *clocks) tomorrow() {
	const day = 24 * time.Hour
	now := time.UnixMilli(c.database.Load())
	c.advance(now.Truncate(day).Add(day).Sub(now))
}

func (c *clocks) now() time.Time { return time.UnixMilli(c.process.Load()) }
