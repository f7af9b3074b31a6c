package sms

import (
	"context"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/queue"
)

// What is over is kept for a while and then removed, in small steps. A text
// that is being submitted is never touched, and entries of the ledger outlive
// everything.
const (
	sweepEvery = time.Hour
	keepTests  = 24 * time.Hour
)

// sweepOld removes everything whose time is over.
func (s *Service) sweepOld(ctx context.Context) (time.Duration, error) {
	var now int64
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		now, err = tx.Now()
		return err
	})
	for _, sweep := range []func(context.Context, int64) error{s.adoptHandovers, s.sweepRows} {
		if err == nil {
			err = sweep(ctx, now)
		}
	}
	if err == nil && s.keepLogs != 0 {
		err = s.sweepTexts(ctx, now-s.keepLogs.Milliseconds())
	}
	return sweepEvery, err
}

var (
	removeTexts    = db.NewMany(`DELETE FROM sms_messages WHERE status <> 'sending' AND id IN ({{$1}}) RETURNING id, account_id, peer, number`)
	removeSegments = db.NewMany(`DELETE FROM sms_segments WHERE message_id IN ({{$1}})`)
	removeReceipts = db.NewMany(`DELETE FROM sms_receipts WHERE message_id IN ({{$1}})`)
	removeAttempts = db.NewMany(`DELETE FROM sms_attempts WHERE message_id IN ({{$1}})`)
)

// sweepTexts removes texts of both directions, which are read by id, that is by
// age, until the first that is younger.
func (s *Service) sweepTexts(ctx context.Context, before int64) error {
	after := ""
	return queue.InSteps(ctx, func() (more bool, err error) {
		var ids []any
		read := 0
		err = s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Rows(`SELECT id, created_at, status FROM sms_messages WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, queue.StepRows},
				func(scan func(...any) error) error {
					var at int64
					var status Status
					if err := scan(&after, &at, &status); err != nil {
						return err
					}
					if at < before {
						read++
						if status != Sending {
							ids = append(ids, after)
						}
					}
					return nil
				})
		})
		if err != nil || len(ids) == 0 {
			return read == queue.StepRows, err
		}
		return read == queue.StepRows, s.db.Write(ctx, func(tx *db.Tx) error {
			var gone []any
			left := newRemoved()
			err := tx.Each(removeTexts, ids, func(scan func(...any) error) error {
				var id string
				var of conversationKey
				var number int64
				err := scan(&id, &of.account, &of.peer, &number)
				gone = append(gone, id)
				left.add(of, number)
				return err
			})
			if err == nil {
				err = left.note(tx)
			}
			for _, m := range []*db.Many{removeSegments, removeReceipts, removeAttempts} {
				if err == nil {
					err = tx.Each(m, gone, nil)
				}
			}
			return err
		})
	})
}

// sweepRows removes small rows of which a statement finds the oldest.
func (s *Service) sweepRows(ctx context.Context, now int64) error {
	for _, remove := range []func(*db.Tx) (int64, error){
		func(tx *db.Tx) (int64, error) { return account.ForgetClaims(tx, queue.StepRows) },
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM sms_receipts WHERE id IN (SELECT id FROM sms_receipts WHERE message_id = '' AND received_at < $1 LIMIT $2)`,
				now-receiptsWait.Milliseconds(), queue.StepRows)
		},
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM sms_handovers WHERE id IN (SELECT id FROM sms_handovers WHERE state <> 'done' AND expires_at < $1 LIMIT $2)`,
				now-handoverKept.Milliseconds(), queue.StepRows)
		},
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM sms_gateway_tests WHERE id IN (SELECT id FROM sms_gateway_tests WHERE requested_at < $1 LIMIT $2)`,
				now-keepTests.Milliseconds(), queue.StepRows)
		},
		func(tx *db.Tx) (int64, error) {
			return tx.Exec(`DELETE FROM sms_recent WHERE (period, slot, gateway) IN (SELECT period, slot, gateway FROM sms_recent WHERE period < $1 LIMIT $2)`,
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
