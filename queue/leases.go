package queue

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"aviso/db"
)

// Leases are the rows that this process works at, each under a lease in the
// database: after its end another may take the row over. It is safe for
// concurrent use.
type Leases[F comparable] struct {
	length  time.Duration
	renewal *db.Many
	of      func(F) Lease
	began   time.Time

	mu      sync.Mutex
	running map[F]struct{}
}

// Lease is one row's.
type Lease struct {
	ID      string
	Attempt int64 // which lease of the row it is: only the latest counts
	// Ends is when it ends, on this process's monotonic clock, in nanoseconds
	// since the Leases were made: the wall clock may be set back.
	Ends *atomic.Int64
}

// NewLeases returns no leases. Renewal sets the end of those rows, in
// milliseconds UTC, whose id and attempt it is given, if they are still this
// process's, and returns their ids.
func NewLeases[F comparable](length time.Duration, renewal *db.Many, of func(F) Lease) *Leases[F] {
	return &Leases[F]{length: length, renewal: renewal, of: of, began: time.Now(), running: map[F]struct{}{}}
}

// Elapsed is the time on this process's monotonic clock.
func (l *Leases[F]) Elapsed() time.Duration { return time.Since(l.began) }

// Hold notes a lease that was given at the moment asked, or later.
func (l *Leases[F]) Hold(f F, asked time.Duration) { l.of(f).Ends.Store(int64(asked + l.length)) }

// Left is how long this process may still act for f.
func (l *Leases[F]) Left(f F) time.Duration { return time.Duration(l.of(f).Ends.Load()) - l.Elapsed() }

// Add has f's lease renewed until Remove.
func (l *Leases[F]) Add(f F) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[f] = struct{}{}
}

// Remove ends what Add began.
func (l *Leases[F]) Remove(f F) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, f)
}

// Where returns those that were added and that keep says yes to.
func (l *Leases[F]) Where(keep func(F) bool) (list []F) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for f := range l.running {
		if keep(f) {
			list = append(list, f)
		}
	}
	return list
}

// Insist calls do until it succeeds, while f's lease has a third left: the
// database may be away for a moment, and an outcome that is not written becomes
// a doubt. It ends with ctx, or db.ErrClosed, too, and returns do's last error.
func (l *Leases[F]) Insist(ctx context.Context, f F, do func() error) error {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := do()
		if err == nil || errors.Is(err, db.ErrClosed) || l.Left(f) < l.length/3 {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// Renew prolongs the leases that have used up a third. Most rows are done with
// long before.
func (l *Leases[F]) Renew(ctx context.Context, d *db.DB) error {
	old := l.Where(func(f F) bool { return l.Left(f) < l.length*2/3 })
	if len(old) == 0 {
		return nil
	}
	byID := make(map[string]F, len(old))
	asked := l.Elapsed()
	var renewed []F
	err := d.Write(ctx, func(tx *db.Tx) error {
		renewed = renewed[:0]
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var args []any
		for _, f := range old {
			lease := l.of(f)
			byID[lease.ID] = f
			args = append(args, lease.ID, lease.Attempt, now+l.length.Milliseconds())
		}
		return tx.Each(l.renewal, args, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			renewed = append(renewed, byID[id])
			return err
		})
	})
	if err != nil {
		return err
	}
	for _, f := range renewed {
		l.Hold(f, asked)
	}
	return nil
}
