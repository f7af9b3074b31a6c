package sms

import (
	"context"
	"sync"
	"time"

	"aviso/db"
)

// flights are the texts under this node's lease.
type flights struct {
	mu      sync.Mutex
	running map[*flight]struct{}
}

func (l *flights) add(f *flight) {
	l.mu.Lock()
	l.running[f] = struct{}{}
	l.mu.Unlock()
}

func (l *flights) remove(f *flight) {
	l.mu.Lock()
	delete(l.running, f)
	l.mu.Unlock()
}

func (l *flights) where(keep func(*flight) bool) []*flight {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*flight
	for f := range l.running {
		if keep(f) {
			list = append(list, f)
		}
	}
	return list
}

// leaseLeft is how long this node may still act for f, by its own monotonic
// clock: the wall clock may be set back.
func (s *Service) leaseLeft(f *flight) time.Duration {
	return time.Duration(f.lease.Load()) - s.sinceStart()
}

func (s *Service) sinceStart() time.Duration { return time.Since(s.began) }

// hold notes a lease that was given at most at the moment asked.
func (s *Service) hold(f *flight, asked time.Duration) { f.lease.Store(int64(asked + s.lease)) }

var renewLeases = db.NewMany(`WITH v(id, attempt, due_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))}})
	UPDATE sms_messages SET due_at = v.due_at FROM v
	WHERE sms_messages.id = v.id AND sms_messages.attempt = v.attempt AND sms_messages.status = 'sending' RETURNING sms_messages.id`)

// renew prolongs the leases that have used up a third. Most texts are
// settled long before.
func (s *Service) renew(ctx context.Context) error {
	old := s.flights.where(func(f *flight) bool { return s.leaseLeft(f) < s.lease*2/3 })
	if len(old) == 0 {
		return nil
	}
	byID := make(map[string]*flight, len(old))
	asked := s.sinceStart()
	var renewed []*flight
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		renewed = renewed[:0]
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var args []any
		for _, f := range old {
			byID[f.id] = f
			args = append(args, f.id, f.attempt, now+s.lease.Milliseconds())
		}
		return tx.Each(renewLeases, args, func(scan func(...any) error) error {
			var id string
			if err := scan(&id); err != nil {
				return err
			}
			renewed = append(renewed, byID[id])
			return nil
		})
	})
	if err == nil {
		for _, f := range renewed {
			s.hold(f, asked)
		}
	}
	return err
}
