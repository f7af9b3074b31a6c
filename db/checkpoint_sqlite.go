package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// checkpointer copies what COMMIT has put into SQLite's log on into the
// database, while the next batches run. COMMIT does that itself when the log
// has become long, and has little left to copy then.
//
// It never starts the log over: that is the next writer's, who does when all of
// it has been copied.
type checkpointer struct {
	on    *sql.DB
	waits atomic.Bool
	timer *time.Timer

	running sync.Mutex
	closed  bool
}

const (
	checkpointAfter = 250 * time.Millisecond // pages written meanwhile are copied once
	checkpointPages = 16_000                 // 32 MB, which is written over again and again
)

func newCheckpointer(on *sql.DB) *checkpointer {
	c := &checkpointer{on: on}
	c.timer = time.AfterFunc(checkpointAfter, c.run)
	c.timer.Stop()
	return c
}

// soon is called after a COMMIT. A process that is no server leaves it to COMMIT.
func (c *checkpointer) soon() {
	if c != nil && c.waits.CompareAndSwap(false, true) {
		c.timer.Reset(checkpointAfter)
	}
}

func (c *checkpointer) run() {
	c.running.Lock()
	defer c.running.Unlock()
	if c.closed {
		return
	}
	c.waits.Store(false)
	// What fails here is tried again, at the latest by COMMIT.
	_, _ = c.on.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
}

// close returns when none is under way, and none will be.
func (c *checkpointer) close() {
	if c == nil {
		return
	}
	c.timer.Stop()
	c.running.Lock()
	defer c.running.Unlock()
	c.closed = true
}
