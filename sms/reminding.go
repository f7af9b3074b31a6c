package sms

import (
	"context"
	"time"

	"aviso/db"
	"aviso/queue"
)

const (
	remindEvery = 10 * time.Second
	remindSince = 2 * time.Minute
)

// remindMatching has the receipts tried that a node which is gone has not come
// to: what it had to look at was in its memory. A start tries all that wait, and
// a node that goes on those of the last minutes, for the sake of another.
func (s *Service) remindMatching(ctx context.Context) (time.Duration, error) {
	if left := s.unmatched.reminded + remindEvery - s.leases.Elapsed(); s.unmatched.reminded != 0 && left > 0 {
		return left, nil
	}
	var ids []string
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		ids = nil
		now, err := tx.Now()
		if err != nil {
			return err
		}
		since := now - remindSince.Milliseconds()
		if s.unmatched.reminded == 0 {
			since = 0
		}
		return tx.Rows(`SELECT id FROM sms_receipts WHERE message_id = '' AND id > $1 AND received_at >= $2 ORDER BY id LIMIT $3`,
			[]any{s.unmatched.after, since, queue.StepRows}, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				ids = append(ids, id)
				return err
			})
	})
	if err != nil {
		return remindEvery, err
	}
	for _, id := range ids {
		s.unmatched.add("", id)
		s.unmatched.after = id
	}
	if len(ids) < queue.StepRows {
		s.unmatched.reminded, s.unmatched.after = s.leases.Elapsed(), ""
	}
	return 0, nil
}
