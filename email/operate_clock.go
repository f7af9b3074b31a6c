package email

import (
	"context"
	"errors"

	"aviso/account"
	"aviso/db"
	"aviso/nexthop"
	"aviso/queue"
)

// clock is the part of a queued message that stands still while sending is
// held or its account is suspended.
type clock struct {
	admittedAt int64
	dueAt      int64
	expiresAt  int64
	resumedAt  int64 // up to when stops were given back; before it nothing is given twice
}

// resume gives back what a stop that began at from has taken, up to until, and
// says whether that is anything. Doing it again changes nothing, so that a
// release that broke off can be made again.
func (c *clock) resume(from, until, now int64) bool {
	stopped := max(from, c.admittedAt, c.resumedAt)
	if until < stopped || until == c.resumedAt {
		return false
	}
	c.expiresAt += until - stopped
	c.resumedAt = until
	if c.admittedAt >= from { // it never had its first attempt
		c.dueAt = min(c.dueAt, now)
	}
	return true
}

// stop is why clocks stand still: the hold of all sending, or one account's
// suspension. The two may overlap, and the time in both is given back once: a
// stop ends, for the clock, where another begins that goes on.
type stop struct {
	account string // whose messages; "" for all
	// began reads since when it lasts and the hold that goes on beside it, in
	// the transaction of a step.
	began func(*db.Tx) (from, otherHold int64, err error)
	// end lifts the stop, in the transaction of the last step.
	end func(*db.Tx) error
}

var (
	loadClocks = db.NewMany(`SELECT m.id, m.admitted_at, m.due_at, m.expires_at, m.resumed_at, COALESCE(a.suspended_at, 0)
		FROM email_messages m LEFT JOIN accounts a ON a.id = m.account_id
		WHERE m.status = 'queued' AND m.id IN ({{$1}}) ORDER BY m.id {lock of m}`)
	writeClocks = db.NewMany(`WITH v(id, due_at, expires_at, resumed_at) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT))}})
		UPDATE email_messages SET due_at = v.due_at, expires_at = v.expires_at, resumed_at = v.resumed_at FROM v WHERE email_messages.id = v.id`)
)

// lift gives every queued message its time back and then ends the stop. The
// stop lasts until the last step, so that no message runs out between the two.
// It returns how many messages had been stopped.
func (s *Service) lift(ctx context.Context, p stop) (resumed int64, err error) {
	after := ""
	err = queue.InSteps(ctx, func() (more bool, err error) {
		var ids []any
		if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			ids, after, err = queued(tx, p.account, after)
			return err
		}); err != nil {
			return false, err
		}
		more = len(ids) == queue.StepRows
		var n int64
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			if n, err = p.step(tx, ids); err != nil || more {
				return err
			}
			return p.end(tx)
		})
		resumed += n
		return more, err
	})
	s.retry.Wake()
	return resumed, err
}

// step gives some messages their time back.
func (p *stop) step(tx *db.Tx, ids []any) (resumed int64, err error) {
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	from, otherHold, err := p.began(tx)
	if err != nil {
		return 0, err
	}
	var changed []any
	err = tx.Each(loadClocks, ids, func(scan func(...any) error) error {
		var id string
		var c clock
		var suspendedAt int64
		if err := scan(&id, &c.admittedAt, &c.dueAt, &c.expiresAt, &c.resumedAt, &suspendedAt); err != nil {
			return err
		}
		other := otherHold
		if p.account == "" {
			other = suspendedAt
		}
		until := now
		if other != 0 {
			until = min(until, other)
		}
		if c.resume(from, until, now) {
			changed = append(changed, id, c.dueAt, c.expiresAt, c.resumedAt)
			resumed++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return resumed, tx.Each(writeClocks, changed, nil)
}

// errLifted ends a lift whose stop somebody else has ended meanwhile.
var errLifted = errors.New("the account is not suspended")

// Unsuspend lets an account send again, and gives its queued messages the time
// back for which they were held (contract, "Suspended account"). It returns
// how many those are. An account that is not suspended stays as it is.
func (s *Service) Unsuspend(ctx context.Context, actor, idOrEmail string) (account.Account, int64, error) {
	var a account.Account
	began := func(tx *db.Tx) (from, otherHold int64, err error) {
		if a, err = account.Find(tx, idOrEmail); err != nil {
			return 0, 0, err
		}
		if a.SuspendedAt == 0 {
			return 0, 0, errLifted
		}
		h, err := nexthop.ReadHold(tx)
		return a.SuspendedAt, h.Since, err
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error { _, _, err := began(tx); return err })
	var resumed int64
	if err == nil {
		resumed, err = s.lift(ctx, stop{account: a.ID, began: began, end: func(tx *db.Tx) error {
			_, err := account.Unsuspend(tx, actor, a)
			return err
		}})
	}
	if errors.Is(err, errLifted) {
		err = nil
	}
	if err == nil {
		a.SuspendedAt = 0
	}
	return a, resumed, err
}
