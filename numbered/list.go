package numbered

import (
	"cmp"
	"slices"

	"aviso/db"
	"aviso/fault"
)

// Span is which part of a list is wanted.
type Span struct {
	Limit, Offset int64
	Before        string // the id of a row: what follows it in the list, in place of Offset
}

// Page is a part of a list, newest first.
type Page[Row any] struct {
	Rows  []Row // never nil
	Total int64
	// Capped says that there may be more than Total: the counting, or the
	// looking, ended before the list did.
	Capped bool
	// Next is where to go on with Span.Before when the looking ended before the
	// page was full; else "".
	Next string
}

// Table says where the rows of a list are and how one is read.
type Table[Row any] struct {
	Name     string           // of the table: id, account_id, number and an index of the last two
	Accounts string           // of the table of accounts: account_id, messages, removed, kept_from
	Columns  string           // what Fields takes, of m, which is the table, and of what is joined
	Joined   string           // "LEFT JOIN ..."
	Fields   func(*Row) []any // where the columns of a row are scanned to
	IsOf     string           // what Span.Before has to be the id of: "a message in this log"
}

// List is a table with the statements that read it.
type List[Row any] struct {
	Table[Row]
	ofAccount, all, number, id string
	some, removed              *db.Many
}

// New prepares a list. It is for package-level variables.
func New[Row any](t Table[Row]) *List[Row] {
	from := t.Columns + ` FROM ` + t.Name + ` m ` + t.Joined + ` WHERE `
	return &List[Row]{
		Table:     t,
		ofAccount: `SELECT messages, removed, kept_from FROM ` + t.Accounts + ` WHERE account_id = $1`,
		all:       `SELECT ` + from + `m.account_id = $1 AND m.number <= $2 ORDER BY m.number DESC LIMIT $3 OFFSET $4`,
		number:    `SELECT number FROM ` + t.Name + ` WHERE id = $1 AND account_id = $2`,
		id:        `SELECT id FROM ` + t.Name + ` WHERE account_id = $1 AND number = $2`,
		some:      db.NewMany(`SELECT m.number, ` + from + `(m.account_id, m.number) IN (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})`),
		removed:   noteRemoved(t.Accounts),
	}
}

// Range is which numbers an account's rows have: from 1 to Last, of which
// retention has left all from KeptFrom on, and older ones that it had to leave.
type Range struct {
	Last, Removed, KeptFrom int64
}

// total is how many rows there are.
func (r Range) total() int64 { return r.Last - r.Removed }

// dense is how many of them have a number from KeptFrom on.
func (r Range) dense() int64 { return r.Last - r.KeptFrom + 1 }

// Reader reads one account's list in one snapshot.
type Reader[Row any] struct {
	Range
	list    *List[Row]
	tx      *db.Tx
	account string
}

// Of returns a reader of an account's list, which is empty for an account that
// never had a row.
func (l *List[Row]) Of(tx *db.Tx, account string) (*Reader[Row], error) {
	r := &Reader[Row]{Range: Range{KeptFrom: 1}, list: l, tx: tx, account: account}
	err := tx.Row(l.ofAccount, []any{account}, &r.Last, &r.Removed, &r.KeptFrom)
	if db.IsMissing(err) {
		err = nil
	}
	return r, err
}

// before returns the number that a span's Before stands for, 0 for none.
func (r *Reader[Row]) before(span Span) (n int64, err error) {
	if span.Before == "" {
		return 0, nil
	}
	if db.IsID(span.Before) {
		err = r.tx.Row(r.list.number, []any{span.Before, r.account}, &n)
	}
	if n == 0 && (err == nil || db.IsMissing(err)) {
		return 0, fault.Field("INVALID_REQUEST", "before", "before must be the id of "+r.list.IsOf+".")
	}
	return n, err
}

// All reads a part of the whole list. Its total is exact. It returns
// INVALID_REQUEST for a Before that is no row of the account.
func (r *Reader[Row]) All(span Span) (Page[Row], error) {
	p := Page[Row]{Rows: []Row{}, Total: r.total()}
	before, err := r.before(span)
	if err != nil {
		return p, err
	}
	top, skip := r.Last-span.Offset, int64(0)
	if span.Offset >= r.dense() {
		top, skip = r.KeptFrom-1, span.Offset-r.dense()
	}
	if before != 0 {
		top, skip = before-1, 0
	}
	err = r.tx.Rows(r.list.all, []any{r.account, top, span.Limit, skip}, func(scan func(...any) error) error {
		var row Row
		err := scan(r.list.Fields(&row)...)
		p.Rows = append(p.Rows, row)
		return err
	})
	return p, err
}

// Some reads a part of what a search finds. Its total is exact as far as the
// search reaches. It returns INVALID_REQUEST for a Before that is no row of the
// account.
func (r *Reader[Row]) Some(span Span, s Search) (Page[Row], error) {
	p := Page[Row]{Rows: []Row{}}
	before, err := r.before(span)
	if err != nil {
		return p, err
	}
	counted, err := s.find(r.Last, s.Counted+1)
	if err != nil {
		return p, err
	}
	p.Total, p.Capped = int64(len(counted.numbers)), !counted.ended
	if p.Total > s.Counted {
		p.Total, p.Capped = s.Counted, true
	}
	found, from := counted, span.Offset
	if before != 0 {
		if found, err = s.find(before-1, span.Limit); err != nil {
			return p, err
		}
		from = 0
	}
	from = min(from, int64(len(found.numbers)))
	wanted := found.numbers[from:min(from+span.Limit, int64(len(found.numbers)))]
	if int64(len(wanted)) < span.Limit && !found.ended {
		if err := r.tx.Row(r.list.id, []any{r.account, found.last}, &p.Next); err != nil {
			return p, err
		}
	}
	p.Rows, err = r.rows(wanted)
	return p, err
}

// rows reads the rows with these numbers, the highest first.
func (r *Reader[Row]) rows(numbers []int64) ([]Row, error) {
	type entry struct {
		number int64
		row    Row
	}
	var args []any
	for _, n := range numbers {
		args = append(args, r.account, n)
	}
	var read []entry
	err := r.tx.Each(r.list.some, args, func(scan func(...any) error) error {
		var e entry
		err := scan(append([]any{&e.number}, r.list.Fields(&e.row)...)...)
		read = append(read, e)
		return err
	})
	slices.SortFunc(read, func(x, y entry) int { return cmp.Compare(y.number, x.number) })
	list := make([]Row, len(read))
	for i := range read {
		list[i] = read[i].row
	}
	return list, err
}
