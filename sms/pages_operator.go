package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// UnknownText is a text of which nobody knows what became.
type UnknownText struct {
	TextRow
	AccountID, AccountEmail string
	Gateway                 string
	LastError               string
}

// UnknownTexts returns how many of them there are, counted to 10,000, and a part
// of them, oldest first: behind offset, or behind the one with the id after.
func (s *Service) UnknownTexts(ctx context.Context, after string, offset, limit int64) (list []UnknownText, total int64, capped bool, err error) {
	list = []UnknownText{}
	if after != "" {
		offset = 0
		if !db.IsID(after) {
			return nil, 0, false, fault.Field("INVALID_REQUEST", "after", "after must be the id of a text in this list.")
		}
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM sms_messages WHERE status = 'unknown' LIMIT $1) u`, []any{s.reach.Counted + 1}, &total)
		if err != nil {
			return err
		}
		if total > s.reach.Counted {
			total, capped = s.reach.Counted, true
		}
		return tx.Rows(`SELECT m.account_id, COALESCE(a.email, ''), m.gateway, m.last_error, m.id, m.peer, m.content, m.segments, m.charged - m.refunded, m.created_at
			FROM sms_messages m LEFT JOIN accounts a ON a.id = m.account_id WHERE m.status = 'unknown' AND m.id > $1 ORDER BY m.id LIMIT $2 OFFSET $3`,
			[]any{after, limit, offset}, func(scan func(...any) error) error {
				var u UnknownText
				err := scan(&u.AccountID, &u.AccountEmail, &u.Gateway, &u.LastError, &u.ID, &u.Peer, &u.Content, &u.Segments, &u.Charged, &u.CreatedAt)
				list = append(list, u)
				return err
			})
	})
	return list, total, capped, err
}

// PendingApplications returns how many wait for the operator.
func (s *Service) PendingApplications(ctx context.Context) (n int64, err error) {
	return n, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM sms_applications WHERE status = 'pending'`, nil, &n)
	})
}
