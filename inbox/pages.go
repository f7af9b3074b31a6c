package inbox

import (
	"context"

	"aviso/db"
)

// Captured is one captured message of a list: without its data, but with its
// length.
type Captured struct {
	Mail
	Bytes int64
}

// Page returns how many messages there are and limit of them, newest first:
// behind offset, or behind the one with the id before. The store is bounded, so
// counting it is cheap.
func (s *Store) Page(ctx context.Context, before string, offset, limit int64) (list []Captured, total int64, err error) {
	list = []Captured{}
	before, offset = place(before, offset)
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM inbox_mails`, nil, &total); err != nil {
			return err
		}
		return tx.Rows(`SELECT id, relay, message_id, sender, recipients, subject, LENGTH(data), received_at FROM inbox_mails
			WHERE id < $1 ORDER BY id DESC LIMIT $2 OFFSET $3`, []any{before, limit, offset}, func(scan func(...any) error) error {
			var m Captured
			var to string
			err := scan(&m.ID, &m.Relay, &m.MessageID, &m.From, &to, &m.Subject, &m.Bytes, &m.ReceivedAt)
			m.To = recipients(to)
			list = append(list, m)
			return err
		})
	})
}

// Page returns how many texts there are and limit of them, newest first.
func (s *TextStore) Page(ctx context.Context, before string, offset, limit int64) (list []Text, total int64, err error) {
	list = []Text{}
	before, offset = place(before, offset)
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM inbox_texts`, nil, &total); err != nil {
			return err
		}
		return tx.Rows(selectTexts+`WHERE id < $1 ORDER BY id DESC LIMIT $2 OFFSET $3`, []any{before, limit, offset}, func(scan func(...any) error) error {
			t, err := scanText(scan)
			list = append(list, t)
			return err
		})
	})
}

// place is where a page begins; "g" lies behind every id, which are hexadecimal, in every collation.
func place(before string, offset int64) (string, int64) {
	if before == "" {
		return "g", offset
	}
	return before, 0
}
