package email

import (
	"context"
	"time"

	"github.com/google/uuid"

	"aviso/account"
	"aviso/db"
	"aviso/numbered"
	"aviso/queue"
)

// What is over is kept for a while and then removed, in small steps. A message
// that is queued or being carried is never touched, however old, and entries
// of the ledger outlive everything.
const (
	sweepEvery = time.Hour
	keepCaps   = 8 // days; a reservation is given back on the day it was made for
	keepTests  = 24 * time.Hour
	// orphanAge is how old a body without a message must be: a large one is
	// written before the message that it belongs to.
	orphanAge = 24 * time.Hour
)

// sweepOld removes everything whose time is over.
func (s *Service) sweepOld(ctx context.Context) (time.Duration, error) {
	if s.keepLogs == 0 {
		return sweepEvery, nil
	}
	var now int64
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		now, err = tx.Now()
		return err
	})
	for _, sweep := range []func(context.Context, int64) error{s.sweepMessages, s.sweepBodies, s.sweepRows} {
		if err == nil {
			err = sweep(ctx, now)
		}
	}
	return sweepEvery, err
}

// aged is a row that may be old enough.
type aged struct {
	id     string
	at     int64  // milliseconds UTC
	status Status // of its message; "" if it has none
}

// walk reads rows by id, which is by age, a page at a time, and has remove take
// those that old accepts. It ends at the first row that is younger than before:
// what is kept is never read through.
func (s *Service) walk(ctx context.Context, query string, before int64, old func(aged) bool, remove func(tx *db.Tx, ids []any) error) error {
	after := ""
	return queue.InSteps(ctx, func() (more bool, err error) {
		rows := 0
		var ids []any
		more = true
		err = s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Rows(query, []any{after, queue.StepRows}, func(scan func(...any) error) error {
				var a aged
				if err := scan(&a.id, &a.at, &a.status); err != nil {
					return err
				}
				rows++
				after = a.id
				if a.status == "" {
					a.at = madeAt(a.id)
				}
				if a.at >= before {
					more = false
				} else if old(a) {
					ids = append(ids, a.id)
				}
				return nil
			})
		})
		if err != nil || len(ids) == 0 {
			return more && rows == queue.StepRows, err
		}
		return more && rows == queue.StepRows, s.db.Write(ctx, func(tx *db.Tx) error { return remove(tx, ids) })
	})
}

// madeAt is when an id was made, milliseconds UTC.
func madeAt(id string) int64 {
	u, err := uuid.Parse(id)
	if err != nil {
		return 0
	}
	sec, nsec := u.Time().UnixTime()
	return sec*1000 + nsec/1_000_000
}

var (
	removeMessages   = db.NewMany(`DELETE FROM email_messages WHERE status NOT IN ('queued', 'sending') AND id IN ({{$1}}) RETURNING id, account_id, number`)
	removeRecipients = db.NewMany(`DELETE FROM email_recipients WHERE message_id IN ({{$1}})`)
	removeAttempts   = db.NewMany(`DELETE FROM email_attempts WHERE message_id IN ({{$1}})`)
	removeBodies     = db.NewMany(`DELETE FROM email_bodies WHERE message_id IN ({{$1}})`)
)

// sweepMessages removes log rows with all that belongs to them.
func (s *Service) sweepMessages(ctx context.Context, now int64) error {
	before := now - s.keepLogs.Milliseconds()
	over := func(a aged) bool { return a.status.Final() }
	return s.walk(ctx, `SELECT id, created_at, status FROM email_messages WHERE id > $1 ORDER BY id LIMIT $2`, before, over,
		func(tx *db.Tx, ids []any) error {
			var gone []any
			removed := numbered.Removal{}
			err := tx.Each(removeMessages, ids, func(scan func(...any) error) error {
				var id, account string
				var number int64
				err := scan(&id, &account, &number)
				gone = append(gone, id)
				removed.Add(account, number)
				return err
			})
			if err == nil {
				err = logs.Note(tx, removed)
			}
			for _, m := range []*db.Many{removeRecipients, removeAttempts, removeBodies} {
				if err == nil {
					err = tx.Each(m, gone, nil)
				}
			}
			return err
		})
}

// sweepBodies removes what messages said that are over, and what belongs to no
// message. An interrupted message is over only when its Idempotency-Key can no
// longer resume it.
func (s *Service) sweepBodies(ctx context.Context, now int64) error {
	over := func(a aged) bool {
		switch a.status {
		case "":
			return a.at < now-orphanAge.Milliseconds()
		case Interrupted:
			return a.at < now-account.IdempotencyLife.Milliseconds()
		}
		return a.status.Final()
	}
	return s.walk(ctx, `SELECT b.message_id, COALESCE(m.admitted_at, 0), COALESCE(m.status, '')
		FROM email_bodies b LEFT JOIN email_messages m ON m.id = b.message_id WHERE b.message_id > $1 ORDER BY b.message_id LIMIT $2`,
		now-s.keepBodies.Milliseconds(), over, func(tx *db.Tx, ids []any) error { return tx.Each(removeBodies, ids, nil) })
}

// sweepRows removes small rows of which a statement finds the oldest.
func (s *Service) sweepRows(ctx context.Context, now int64) error {
	for _, remove := range []func(*db.Tx) (int64, error){
		func(tx *db.Tx) (int64, error) { return account.ForgetClaims(tx, queue.StepRows) },
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM email_caps WHERE (name, day) IN (SELECT name, day FROM email_caps WHERE day < $1 LIMIT $2)`,
				now/dayMillis-keepCaps, queue.StepRows)
		},
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM email_relay_tests WHERE id IN (SELECT id FROM email_relay_tests WHERE requested_at < $1 LIMIT $2)`,
				now-keepTests.Milliseconds(), queue.StepRows)
		},
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM email_recent WHERE (period, slot) IN (SELECT period, slot FROM email_recent WHERE period < $1 LIMIT $2)`,
				(now-keepRecent.Milliseconds())/periodMillis, queue.StepRows)
		},
	} {
		err := queue.InSteps(ctx, func() (bool, error) {
			var n int64
			err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = remove(tx)
				return err
			})
			return n == queue.StepRows, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
