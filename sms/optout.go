package sms

import (
	"context"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// OptOut is a number that wants no texts.
type OptOut struct {
	Number string
	Word   string // what it said
	At     int64  // milliseconds UTC
}

// OptOuts returns how many numbers are blocked, and limit of them behind
// offset, in order of their digits.
func (s *Service) OptOuts(ctx context.Context, offset, limit int64) (list []OptOut, total int64, err error) {
	list = []OptOut{}
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM sms_optouts`, nil, &total); err != nil {
			return err
		}
		return tx.Rows(`SELECT number, word, created_at FROM sms_optouts ORDER BY number LIMIT $1 OFFSET $2`, []any{limit, offset},
			func(scan func(...any) error) error {
				var o OptOut
				err := scan(&o.Number, &o.Word, &o.At)
				list = append(list, o)
				return err
			})
	})
}

// DeleteOptOut lets a number be written to again, by an operator's decision.
func (s *Service) DeleteOptOut(ctx context.Context, actor, number string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`DELETE FROM sms_optouts WHERE number = $1`, plain(number, 40))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "NOT_FOUND", "This number is not blocked.")
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "optout.delete", Subject: number})
	})
}
