package email

import (
	"context"

	"aviso/db"
	"aviso/numbered"
)

// Numbers are the installation's messages that were accepted in the last 24
// hours, to ten minutes; what is queued or unknown is of now.
type Numbers struct {
	Accepted, Sent, Failed int64
	Queued                 int64
	OldestQueuedAt         int64 // milliseconds UTC; 0 if none is queued
	Unknown                int64 // counted to 10,000
}

// Numbers returns them from counters, however many messages there are.
func (s *Service) Numbers(ctx context.Context) (n Numbers, err error) {
	return n, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var queued, other, carried int64
		err = tx.Row(`SELECT COALESCE(SUM(accepted), 0), COALESCE(SUM(queued), 0), COALESCE(SUM(failed), 0), COALESCE(SUM(other), 0)
			FROM email_recent WHERE period > $1`, []any{(now - dayMillis) / periodMillis}, &n.Accepted, &queued, &n.Failed, &other)
		if err != nil {
			return err
		}
		// Each has an index that holds nothing else. The queue's length is the
		// sum of what the accounts' days have queued, which is never a scan of it.
		err = tx.Row(`SELECT (SELECT COUNT(*) FROM email_messages WHERE status = 'sending'),
				(SELECT COALESCE(SUM(queued), 0) FROM email_days WHERE queued <> 0),
				COALESCE((SELECT created_at FROM email_messages WHERE status = 'queued' ORDER BY id LIMIT 1), 0),
				(SELECT COUNT(*) FROM (SELECT 1 FROM email_messages WHERE status = 'unknown' LIMIT $1) u)`, []any{numbered.UsualReach.Counted},
			&carried, &n.Queued, &n.OldestQueuedAt, &n.Unknown)
		n.Sent = max(0, n.Accepted-queued-n.Failed-other-carried)
		return err
	})
}
