package sms

import (
	"strings"

	"aviso/db"
)

// optoutBook is the numbers that one batch writes to or hears from, and
// whether they want to be written to.
type optoutBook struct {
	wanted db.Facts[string, optout]
}

type optout struct {
	word string // what the number said; "" when it may be written to
	at   int64
}

func newOptoutBook() *optoutBook { return &optoutBook{} }

// want asks whether a number is blocked.
func (b *optoutBook) want(number string) { b.wanted.Want(number) }

// blocked says whether a number that was wanted asked for nothing more.
func (b *optoutBook) blocked(number string) bool { return b.wanted.Get(number).word != "" }

// block notes that a number said word. A number that is blocked already stays
// so since then.
func (b *optoutBook) block(number, word string, now int64) {
	if o := b.wanted.Get(number); o.word == "" {
		*b.wanted.Change(number) = optout{word: word, at: now}
	}
}

// lift ends a number's block.
func (b *optoutBook) lift(number string) {
	if o := b.wanted.Get(number); o.word != "" {
		*b.wanted.Change(number) = optout{}
	}
}

var (
	// Locked, so that stop and start in one moment on two nodes leave the later.
	loadOptouts  = db.NewMany(`SELECT number, word, created_at FROM sms_optouts WHERE number IN ({{$1}}) ORDER BY number {lock}`)
	writeOptouts = db.NewMany(`INSERT INTO sms_optouts (number, word, created_at) VALUES {{($1, $2, $3)}}
		ON CONFLICT (number) DO UPDATE SET word = excluded.word, created_at = excluded.created_at`)
	liftOptouts = db.NewMany(`DELETE FROM sms_optouts WHERE number IN ({{$1}})`)
)

// Load implements db.Book.
func (b *optoutBook) Load(p *db.Pipeline) {
	p.Query(loadOptouts, db.Args(b.wanted.Missing(strings.Compare)), func(r db.Row) {
		*b.wanted.Get(r.Text(0)) = optout{word: r.Text(1), at: r.Int(2)}
	})
}

// Apply implements db.Book.
func (b *optoutBook) Apply(p *db.Pipeline) {
	var blocked, lifted []any
	for _, number := range b.wanted.Changed(strings.Compare) {
		if o := b.wanted.Get(number); o.word == "" {
			lifted = append(lifted, number)
		} else {
			blocked = append(blocked, number, o.word, o.at)
		}
	}
	p.Exec(writeOptouts, blocked)
	p.Exec(liftOptouts, lifted)
}

// Keep implements db.Keeper.
func (b *optoutBook) Keep() { b.wanted.Keep() }

// Reset implements db.Book.
func (b *optoutBook) Reset() { b.wanted.Reset() }
