package sms

import (
	"context"
	"strings"

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

// OptOutFilter says which blocked numbers are wanted.
type OptOutFilter struct {
	Prefix        string // how the number begins; "" for all
	Before        string // a number: those that follow it in the list, in place of Offset
	Offset, Limit int64
}

// optoutsLooked is how many numbers, the newest, are looked at for a prefix: the
// engines do not agree on which numbers lie between two others.
const optoutsLooked = 100_000

// OptOuts returns how many numbers are blocked, as far as they begin as wanted,
// and a part of them, newest first.
func (s *Service) OptOuts(ctx context.Context, f OptOutFilter) (list []OptOut, total int64, err error) {
	list = []OptOut{}
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		at, number := int64(1)<<62, ""
		if f.Before != "" {
			f.Offset = 0
			err := tx.Row(`SELECT created_at, number FROM sms_optouts WHERE number = $1`, []any{plain(f.Before, 40)}, &at, &number)
			if db.IsMissing(err) {
				return fault.Field("INVALID_REQUEST", "before", "before must be a number in this list.")
			}
			if err != nil {
				return err
			}
		}
		if f.Prefix != "" {
			list, total, err = searchOptOuts(tx, f, at, number)
			return err
		}
		if err := tx.Row(`SELECT COUNT(*) FROM sms_optouts`, nil, &total); err != nil {
			return err
		}
		list, err = readOptOuts(tx, at, number, f.Limit, f.Offset)
		return err
	})
}

func readOptOuts(tx *db.Tx, at int64, number string, limit, offset int64) ([]OptOut, error) {
	list := []OptOut{}
	return list, tx.Rows(`SELECT number, word, created_at FROM sms_optouts WHERE (created_at, number) < ($1, $2) ORDER BY created_at DESC, number DESC
		LIMIT $3 OFFSET $4`, []any{at, number, limit, offset}, func(scan func(...any) error) error {
		var o OptOut
		err := scan(&o.Number, &o.Word, &o.At)
		list = append(list, o)
		return err
	})
}

// searchOptOuts counts all that begin as wanted, and returns those of them that
// follow a place in the list.
func searchOptOuts(tx *db.Tx, f OptOutFilter, at int64, number string) (list []OptOut, total int64, err error) {
	all, err := readOptOuts(tx, 1<<62, "", optoutsLooked, 0)
	list = []OptOut{}
	for _, o := range all {
		if !strings.HasPrefix(o.Number, f.Prefix) {
			continue
		}
		total++
		switch behind := o.At < at || o.At == at && o.Number < number; {
		case !behind:
		case f.Offset > 0:
			f.Offset--
		case int64(len(list)) < f.Limit:
			list = append(list, o)
		}
	}
	return list, total, err
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
