package queue_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aviso/db"
	"aviso/queue"
)

// held is a row whose lease of nine seconds was given just now.
func held() (*queue.Leases[*atomic.Int64], *atomic.Int64) {
	l := queue.NewLeases(9*time.Second, nil, func(ends *atomic.Int64) queue.Lease { return queue.Lease{Ends: ends} })
	row := &atomic.Int64{}
	l.Hold(row, l.Elapsed())
	return l, row
}

var errAway = errors.New("away")

func TestInsist(t *testing.T) {
	for name, c := range map[string]struct {
		does  func(tries int, stop func()) error
		want  error
		tries int
	}{
		"succeeds at once": {func(int, func()) error { return nil }, nil, 1},
		"succeeds in the end": {func(tries int, _ func()) error {
			if tries < 4 {
				return errAway
			}
			return nil
		}, nil, 4},
		"never succeeds":       {func(int, func()) error { return errAway }, errAway, 8}, // after 0, 50, 150, ... 3150, 6350 ms
		"is told to stop":      {func(_ int, stop func()) error { stop(); return errAway }, errAway, 1},
		"the committer closed": {func(int, func()) error { return db.ErrClosed }, db.ErrClosed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				l, row := held()
				tries := 0
				err := l.Insist(ctx, row, func() error { tries++; return c.does(tries, stop) })
				if err != c.want || tries != c.tries {
					t.Errorf("%v after %d tries, %v into the lease", err, tries, l.Elapsed())
				}
			})
		})
	}
}
