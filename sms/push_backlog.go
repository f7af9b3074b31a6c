package sms

import (
	"context"

	"aviso/db"
	"aviso/numbered"
)

// Backlog is what the webhooks have not been called with yet.
type Backlog struct {
	Pushes   int64 // counted to 10,000
	OldestAt int64 // when the oldest was due, milliseconds UTC; 0 if none waits
}

const oldestPush = walkShortcodes + `SELECT COALESCE(MIN(
		(SELECT MIN(p.due_at) FROM sms_pushes p WHERE p.shortcode_id = c.id AND p.started_at IS NULL AND p.finished_at IS NULL)), 0)
	FROM c`

// Backlog returns it for the whole installation.
func (s *Service) Backlog(ctx context.Context) (b Backlog, err error) {
	return b, s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM sms_pushes WHERE started_at IS NULL AND finished_at IS NULL LIMIT $1) p`,
			[]any{numbered.UsualReach.Counted}, &b.Pushes)
		if err != nil {
			return err
		}
		return tx.Row(oldestPush, nil, &b.OldestAt)
	})
}
