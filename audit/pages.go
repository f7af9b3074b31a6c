package audit

import (
	"context"
	"slices"
	"strings"
	"sync"

	"aviso/db"
)

// Log reads the record for operators, and takes in what is done elsewhere than
// in a database.
type Log struct {
	db *db.DB

	mu      sync.Mutex
	counted string // the id up to which entries were counted
	count   int64
}

// NewLog returns the record in d.
func NewLog(d *db.DB) *Log { return &Log{db: d} }

// Append records an act that has no transaction of its own.
func (l *Log) Append(ctx context.Context, e Entry) error {
	return l.db.Write(ctx, func(tx *db.Tx) error { return Append(tx, e) })
}

// Recorded is an entry as it stands in the record.
type Recorded struct {
	Entry
	ID         string
	ActorEmail string // "" for the shell and for accounts that are gone
	CreatedAt  int64  // milliseconds UTC
}

// Filter says which entries are wanted.
type Filter struct {
	Query         string // how the action begins, or the whole subject or actor; "" for all
	Before        string // the id of an entry: those that follow it in the list, in place of Offset
	Offset, Limit int64
}

// Page is a part of the record, newest first.
type Page struct {
	Entries []Recorded
	Total   int64
	Capped  bool // there may be more than Total
}

const (
	counted = 10_000  // matches of a filter
	looked  = 100_000 // entries, the newest, among which actions are looked for
	settled = 60_000  // milliseconds after which no older entry appears any more
	latest  = "g"     // behind every id, which are hexadecimal
)

const entryColumns = `SELECT e.id, e.actor, COALESCE(a.email, ''), e.action, e.subject, e.detail, e.created_at
	FROM audit_entries e LEFT JOIN accounts a ON a.id = e.actor `

var entriesOf = db.NewMany(entryColumns + `WHERE e.id IN ({{$1}})`)

// Page returns a part of the record. Without a query the total is exact.
func (l *Log) Page(ctx context.Context, f Filter) (p Page, err error) {
	if f.Before == "" {
		f.Before = latest
	} else {
		f.Offset = 0
	}
	p.Entries = []Recorded{}
	return p, l.db.Read(ctx, func(tx *db.Tx) (err error) {
		if f.Query != "" {
			p, err = search(tx, f)
			return err
		}
		if p.Total, err = l.total(tx); err != nil {
			return err
		}
		return tx.Rows(entryColumns+`WHERE e.id < $1 ORDER BY e.id DESC LIMIT $2 OFFSET $3`, []any{f.Before, f.Limit, f.Offset}, scanEntries(&p.Entries))
	})
}

func scanEntries(list *[]Recorded) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var r Recorded
		err := scan(&r.ID, &r.Actor, &r.ActorEmail, &r.Action, &r.Subject, &r.Detail, &r.CreatedAt)
		*list = append(*list, r)
		return err
	}
}

// total counts the record. Entries are never removed, and their ids are in order
// of time but for the length of a transaction, so what was counted before a while
// ago is not counted again.
func (l *Log) total(tx *db.Tx) (int64, error) {
	l.mu.Lock()
	from, before := l.counted, l.count
	l.mu.Unlock()
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	// The newest entry that nothing can come before any more.
	until := from
	err = tx.Row(`SELECT id FROM (SELECT id, created_at FROM audit_entries WHERE id > $1 ORDER BY id DESC LIMIT $2) e WHERE created_at < $3 ORDER BY id DESC LIMIT 1`,
		[]any{from, counted, now - settled}, &until)
	if err != nil && !db.IsMissing(err) {
		return 0, err
	}
	var older, newer int64
	err = tx.Row(`SELECT (SELECT COUNT(*) FROM audit_entries WHERE id > $1 AND id <= $2), (SELECT COUNT(*) FROM audit_entries WHERE id > $3)`,
		[]any{from, until, until}, &older, &newer)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if until > l.counted {
		l.counted, l.count = until, before+older
	}
	return before + older + newer, nil
}

// search finds a subject and an actor by their indexes, and actions, which are a
// few words that the whole record is made of, among the newest entries.
func search(tx *db.Tx, f Filter) (p Page, err error) {
	p.Entries = []Recorded{}
	ids := map[string]bool{}
	for _, query := range []string{`SELECT id FROM audit_entries WHERE subject = $1 ORDER BY id DESC LIMIT $2`, `SELECT id FROM audit_entries WHERE actor = $1 ORDER BY id DESC LIMIT $2`} {
		err := tx.Rows(query, []any{f.Query, counted + 1}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids[id] = true
			return err
		})
		if err != nil {
			return p, err
		}
	}
	seen := int64(0)
	err = tx.Rows(`SELECT id, action FROM audit_entries ORDER BY id DESC LIMIT $1`, []any{looked}, func(scan func(...any) error) error {
		var id, action string
		err := scan(&id, &action)
		seen++
		if strings.HasPrefix(action, strings.ToLower(f.Query)) {
			ids[id] = true
		}
		return err
	})
	if err != nil {
		return p, err
	}
	if p.Total = int64(len(ids)); seen == looked || p.Total > counted {
		p.Total, p.Capped = min(p.Total, counted), true
	}
	var found []string
	for id := range ids {
		if id < f.Before {
			found = append(found, id)
		}
	}
	slices.SortFunc(found, func(x, y string) int { return strings.Compare(y, x) })
	found = found[min(f.Offset, int64(len(found))):]
	var args []any
	for _, id := range found[:min(f.Limit, int64(len(found)))] {
		args = append(args, id)
	}
	seenIDs := map[string]bool{}
	err = tx.Each(entriesOf, args, scanEntries(&p.Entries))
	// A statement for several rows may name one twice.
	p.Entries = slices.DeleteFunc(p.Entries, func(r Recorded) bool { twice := seenIDs[r.ID]; seenIDs[r.ID] = true; return twice })
	slices.SortFunc(p.Entries, func(x, y Recorded) int { return strings.Compare(y.ID, x.ID) })
	return p, err
}
