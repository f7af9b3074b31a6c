package audit

import "aviso/db"

// Book is the acts that one batch of the committer records: what is decided
// there is recorded in the same transaction.
type Book struct{ entries []any }

// Append records e, which happened at now (milliseconds UTC).
func (b *Book) Append(e Entry, now int64) {
	b.entries = append(b.entries, db.NewID(), e.Actor, e.Action, e.Subject, e.Detail, now)
}

var insertEntries = db.NewMany(`INSERT INTO audit_entries (id, actor, action, subject, detail, created_at) VALUES {{($1, $2, $3, $4, $5, $6)}}`)

// Load implements db.Book.
func (b *Book) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *Book) Apply(p *db.Pipeline) { p.Exec(insertEntries, b.entries) }

// Reset implements db.Book.
func (b *Book) Reset() { b.entries = nil }
