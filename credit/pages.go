package credit

import (
	"context"

	"aviso/db"
)

// Ledger reads balances and entries for whoever owns them.
type Ledger struct{ db *db.DB }

// NewLedger returns the ledger in d.
func NewLedger(d *db.DB) *Ledger { return &Ledger{db: d} }

// Balance returns what an account has of one product, and the time at which
// that is so, in milliseconds UTC.
func (l *Ledger) Balance(ctx context.Context, account string, p Product) (b Balance, now int64, err error) {
	return b, now, l.db.Read(ctx, func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		b, err = Read(tx, account, p)
		return err
	})
}

// Page returns an account's entries, newest first, and how many it has in all:
// limit of them, those after the entry numbered before, or after the first
// offset of them when before is 0. Entries are numbered without a gap and never
// go, so that an offset is a number and the last number the total.
func (l *Ledger) Page(ctx context.Context, account string, p Product, offset, before, limit int64) (entries []Entry, total int64, err error) {
	return entries, total, l.db.Read(ctx, func(tx *db.Tx) error {
		b, err := Read(tx, account, p)
		if err != nil {
			return err
		}
		total = b.entries
		if before == 0 {
			before = total - offset + 1
		}
		entries = []Entry{}
		if before > 1 {
			entries, err = History(tx, account, p, before, limit)
		}
		return err
	})
}

var entriesByRef = db.NewMany(`SELECT number, ref, delta, balance_after, reason, note, created_at FROM credit_entries WHERE ref IN ({{$1}})`)

// Entries returns the entries with these references, each once, in no order.
// References that no entry has are passed over.
func Entries(tx *db.Tx, refs []string) ([]Entry, error) {
	args := make([]any, len(refs))
	for i, r := range refs {
		args[i] = r
	}
	entries := []Entry{}
	seen := map[string]bool{}
	return entries, tx.Each(entriesByRef, args, func(scan func(...any) error) error {
		var e Entry
		err := scan(&e.Number, &e.Ref, &e.Delta, &e.BalanceAfter, &e.Reason, &e.Note, &e.CreatedAt)
		if !seen[e.Ref] {
			seen[e.Ref] = true
			entries = append(entries, e)
		}
		return err
	})
}
