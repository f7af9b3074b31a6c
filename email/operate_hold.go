package email

import (
	"context"
	"fmt"
	"sync"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
	"aviso/nexthop"
	"aviso/queue"
)

// Hold returns whether sending is on hold.
func (s *Service) Hold(ctx context.Context) (nexthop.Hold, error) {
	var h nexthop.Hold
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		h, err = nexthop.ReadHold(tx)
		return err
	})
	return h, err
}

// HoldSending stops all sending until ReleaseSending: calls are answered 202,
// and the 24 hours stand still. A hold that is on already stays as it is, and
// is returned.
func (s *Service) HoldSending(ctx context.Context, actor, reason string) (nexthop.Hold, error) {
	var h nexthop.Hold
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		h, err = nexthop.Place(tx, actor, nexthop.Hold{Since: now, Reason: reason})
		return err
	})
	return h, err
}

// Released is what became of the queue when a hold ended.
type Released struct {
	Resumed   int64 // messages that were given the time back for which they were held
	Cancelled int64 // messages that were cancelled and refunded
}

// ReleaseSending ends the hold. The 24 hours of what was queued go on where
// they stood, and what came in meanwhile is due at once. With cancelQueued
// everything queued until now is cancelled instead, with refunds. A release that
// breaks off leaves sending on hold and can be made again.
func (s *Service) ReleaseSending(ctx context.Context, actor string, cancelQueued bool) (Released, error) {
	var r Released
	h, err := s.Hold(ctx)
	if err != nil {
		return r, err
	}
	if h.Since == 0 {
		return r, errNotHeld()
	}
	if cancelQueued {
		if r.Cancelled, err = s.cancelAll(ctx, actor); err != nil {
			return r, err
		}
	}
	r.Resumed, err = s.lift(ctx, stop{
		began: func(tx *db.Tx) (int64, int64, error) {
			h, err := nexthop.ReadHold(tx)
			if err == nil && h.Since == 0 {
				err = errNotHeld()
			}
			return h.Since, 0, err
		},
		end: func(tx *db.Tx) error {
			return nexthop.Lift(tx, actor, fmt.Sprintf("%d cancelled", r.Cancelled))
		},
	})
	return r, err
}

func errNotHeld() *fault.Error {
	return fault.New(fault.Conflict, "NOT_HELD", "Sending is not on hold.")
}

// cancelAtOnce is how many cancellations are handed to the committer together:
// they fill one batch and leave room in it for others.
const cancelAtOnce = 200

// cancelAll cancels everything that is queued at this moment.
func (s *Service) cancelAll(ctx context.Context, actor string) (cancelled int64, err error) {
	var before int64
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if before, err = tx.Now(); err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "queue.cancel", Subject: nexthop.All, Detail: "everything queued"})
	})
	if err != nil {
		return 0, err
	}
	after := ""
	err = queue.InSteps(ctx, func() (more bool, err error) {
		found, err := s.cancellable(ctx, before, after)
		if err != nil || len(found) == 0 {
			return false, err
		}
		after = found[len(found)-1].id
		n, err := s.cancelTogether(found)
		cancelled += n
		return true, err
	})
	return cancelled, err
}

// cancellable returns the queued messages after an id that were admitted
// before a moment.
func (s *Service) cancellable(ctx context.Context, before int64, after string) ([]*cancellation, error) {
	var found []*cancellation
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT m.id, m.account_id, m.attempt,
				(SELECT COUNT(*) FROM email_recipients r WHERE r.message_id = m.id AND r.state = 'waiting')
			FROM email_messages m WHERE m.status = 'queued' AND m.id > $1 AND m.admitted_at <= $2 ORDER BY m.id LIMIT $3`,
			[]any{after, before, cancelAtOnce}, func(scan func(...any) error) error {
				w := &cancellation{s: s}
				found = append(found, w)
				return scan(&w.id, &w.account, &w.attempt, &w.waiting)
			})
	})
	return found, err
}

// cancelTogether commits cancellations and returns how many came about.
func (s *Service) cancelTogether(found []*cancellation) (cancelled int64, err error) {
	failed := make([]error, len(found))
	var all sync.WaitGroup
	for i, w := range found {
		all.Go(func() { failed[i] = s.committer.Do(db.Settling, w) })
	}
	all.Wait()
	for i, w := range found {
		if failed[i] != nil {
			err = failed[i]
		} else if w.done {
			cancelled++
			s.moved(w.account, w.id, Cancelled, w.refund)
		}
	}
	return cancelled, err
}
