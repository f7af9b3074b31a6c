package sms

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"aviso/db"
)

// How long repetitions are known. An SMSC repeats what it got no answer for as
// soon as it has a link again; a gateway that speaks HTTP gives each text an
// id, and gives up after days.
const (
	repeatWithin = 10 * time.Minute
	keepRepeats  = 90 * 24 * time.Hour
)

// nameOf is a short name for a row that is found by several values.
func nameOf(values ...string) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(v))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// repeatBook is what one batch has to know about texts that came before.
type repeatBook struct {
	wanted map[string]*repeat
}

// repeat is the first of equal texts.
type repeat struct {
	bind    string
	seenAt  int64
	stored  bool
	changed bool
}

func newRepeatBook() *repeatBook { return &repeatBook{wanted: map[string]*repeat{}} }

// want asks for what is known of a text's repeat key; "" is none.
func (b *repeatBook) want(id string) {
	if id != "" && b.wanted[id] == nil {
		b.wanted[id] = &repeat{}
	}
}

// seen says whether a text was there before. An SMPP text repeats another only
// within ten minutes and on another bind: the same words twice on one bind are
// two texts.
func (b *repeatBook) seen(id, bind string, now int64) bool {
	r := b.wanted[id]
	if id == "" || r.seenAt == 0 {
		return false
	}
	return bind == "" || bind != r.bind && now-r.seenAt < repeatWithin.Milliseconds()
}

// note remembers a text for those that repeat it.
func (b *repeatBook) note(id, bind string, now int64) {
	if id == "" {
		return
	}
	r := b.wanted[id]
	r.bind, r.seenAt, r.changed = bind, now, true
}

var (
	loadRepeats = db.NewMany(`SELECT id, bind, seen_at FROM sms_repeats WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	// A row that another node has made meanwhile must be a conflict, after
	// which the batch looks again: an upsert would store the text twice.
	insertRepeats = db.NewMany(`INSERT INTO sms_repeats (id, bind, seen_at) VALUES {{($1, $2, $3)}}`)
	updateRepeats = db.NewMany(`WITH v(id, bind, seen_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT))}})
		UPDATE sms_repeats SET bind = v.bind, seen_at = v.seen_at FROM v WHERE sms_repeats.id = v.id`)
)

// Load implements db.Book.
func (b *repeatBook) Load(p *db.Pipeline) {
	p.Query(loadRepeats, db.SortedKeys(b.wanted), func(r db.Row) {
		*b.wanted[r.Text(0)] = repeat{bind: r.Text(1), seenAt: r.Int(2), stored: true}
	})
}

// Apply implements db.Book.
func (b *repeatBook) Apply(p *db.Pipeline) {
	var inserted, updated []any
	for _, id := range db.SortedKeys(b.wanted) {
		switch r := b.wanted[id.(string)]; {
		case !r.changed:
		case r.stored:
			updated = append(updated, id, r.bind, r.seenAt)
		default:
			inserted = append(inserted, id, r.bind, r.seenAt)
		}
	}
	p.Exec(insertRepeats, inserted)
	p.Exec(updateRepeats, updated)
}

// Reset implements db.Book.
func (b *repeatBook) Reset() { clear(b.wanted) }
