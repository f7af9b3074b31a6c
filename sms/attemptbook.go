package sms

import (
	"time"

	"aviso/db"
	"aviso/transport"
)

// try is one gateway that a text was taken to and that took nothing of it. What
// became of a text at the gateway that took something is told by its segments.
type try struct {
	gateway  string
	started  int64 // milliseconds UTC, this process's clock
	duration time.Duration
	verdict  transport.TextVerdict
}

// attemptBook notes where a text was taken in vain: a text that the first
// gateway takes has no row.
type attemptBook struct{ inserted []any }

func (b *attemptBook) insert(message string, number int, t *try, started int64) {
	b.inserted = append(b.inserted, message, int64(number), t.gateway, t.verdict.Outcome.String(), oneLine(t.verdict.Code), oneLine(t.verdict.Text),
		started, t.duration.Milliseconds())
}

var insertAttempts = db.NewMany(`INSERT INTO sms_attempts (message_id, number, gateway, outcome, code, words, started_at, duration_ms)
	VALUES {{($1, $2, $3, $4, $5, $6, $7, $8)}}`)

// Load implements db.Book.
func (b *attemptBook) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *attemptBook) Apply(p *db.Pipeline) { p.Exec(insertAttempts, b.inserted) }

// Reset implements db.Book.
func (b *attemptBook) Reset() { b.inserted = nil }
