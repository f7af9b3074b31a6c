package credit

import (
	"cmp"

	"aviso/db"
)

// Book is the balances that one batch of the committer is about: every debit
// and refund of the batch on one account becomes one update of its row.
type Book struct {
	wanted  db.Facts[owner, Line]
	entries []any
}

type owner struct {
	account string
	product Product
}

// Line is one balance inside a batch.
type Line struct {
	Balance
	owner owner
	book  *Book
}

// NewBook returns an empty book.
func NewBook() *Book { return &Book{} }

// Want asks for a balance to be loaded and locked.
func (b *Book) Want(account string, p Product) {
	o := owner{account, p}
	l := b.wanted.Want(o)
	l.owner, l.book = o, b
}

// Line returns a balance that was wanted.
func (b *Book) Line(account string, p Product) *Line { return b.wanted.Get(owner{account, p}) }

// Unlimited says whether the unlimited tier is active at now.
func (l *Line) Unlimited(now int64) bool { return now < l.UnlimitedUntil }

// Charge takes n credits, or takes nothing and returns false when there are
// fewer. A charge of 0 makes no entry.
func (l *Line) Charge(n int64, ref string, now int64) bool {
	if n > l.Credits {
		return false
	}
	l.post(-n, ref, Charged, now)
	return true
}

// Refund gives n credits back. A refund of 0 makes no entry.
func (l *Line) Refund(n int64, ref string, now int64) { l.post(n, ref, Refunded, now) }

func (l *Line) post(delta int64, ref string, reason Reason, now int64) {
	if delta == 0 {
		return
	}
	l.Credits += delta
	l.Balance.entries++
	l.Spent -= delta // the book knows charges and refunds only
	l.book.wanted.Change(l.owner)
	l.book.entries = append(l.book.entries, l.owner.account, string(l.owner.product), l.Balance.entries, ref, delta, l.Credits, string(reason), "", now)
}

var (
	loadBalances = db.NewMany(`SELECT account_id, product, balance, entries, unlimited_until, spent FROM credit_balances
		WHERE (account_id, product) IN (VALUES {{($1, $2)}}) ORDER BY account_id, product {lock}`)
	writeBalances = db.NewMany(`INSERT INTO credit_balances (account_id, product, balance, entries, unlimited_until, spent) VALUES {{($1, $2, $3, $4, $5, $6)}}
		ON CONFLICT (account_id, product) DO UPDATE SET balance = excluded.balance, entries = excluded.entries, spent = excluded.spent`)
	writeEntries = db.NewMany(`INSERT INTO credit_entries (account_id, product, number, ref, delta, balance_after, reason, note, created_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9)}}`)
)

// Load implements db.Book.
func (b *Book) Load(p *db.Pipeline) {
	owners := b.wanted.Missing(compareOwners)
	args := make([]any, 0, 2*len(owners))
	for _, o := range owners {
		args = append(args, o.account, string(o.product))
	}
	p.Query(loadBalances, args, func(r db.Row) {
		l := b.wanted.Get(owner{r.Text(0), Product(r.Text(1))})
		l.Credits, l.Balance.entries, l.UnlimitedUntil, l.Spent = r.Int(2), r.Int(3), r.Int(4), r.Int(5)
	})
}

// Apply implements db.Book.
func (b *Book) Apply(p *db.Pipeline) {
	var args []any
	for _, o := range b.wanted.Changed(compareOwners) {
		l := b.wanted.Get(o)
		args = append(args, l.owner.account, string(l.owner.product), l.Credits, l.Balance.entries, l.UnlimitedUntil, l.Spent)
	}
	p.Exec(writeBalances, args)
	p.Exec(writeEntries, b.entries)
}

// Keep implements db.Keeper.
func (b *Book) Keep() {
	b.entries = b.entries[:0]
	b.wanted.Keep()
}

// Reset implements db.Book.
func (b *Book) Reset() {
	b.entries = b.entries[:0]
	b.wanted.Reset()
}

func compareOwners(x, y owner) int {
	return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.product, y.product))
}
