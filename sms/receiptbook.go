package sms

import (
	"strings"

	"aviso/db"
	"aviso/transport"
)

// receipt is the row of a receipt: every one is kept, with the segment it is
// about or waiting for one.
type receipt struct {
	id string
	transport.Receipt
	key string // of ProviderID
}

func newReceipt(r *transport.Receipt) *receipt {
	n := &receipt{id: db.NewID(), Receipt: *r}
	n.ProviderID, n.TextID, n.Code, n.Text = oneLine(r.ProviderID), oneLine(r.TextID), oneLine(r.Code), oneLine(r.Text)
	n.From, n.To = oneLine(r.From), international(oneLine(r.To))
	n.key = providerKey(n.ProviderID)
	return n
}

// international is a number that a receipt names in the form that recipients
// have here, as far as it can be known.
func international(written string) string {
	if d := strings.TrimLeft(digits(written), "0"); d != "" {
		return "+" + d
	}
	return written
}

// wordsAtMost is how many bytes of a gateway's words are kept.
const wordsAtMost = 500

// oneLine returns what a gateway wrote as the database takes it: valid Unicode,
// one line, not too long.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > wordsAtMost {
		s = strings.ToValidUTF8(s[:wordsAtMost], "")
	}
	return s
}

// receiptBook is the receipts that one batch stores or matches.
type receiptBook struct {
	inserted []any
	matched  []any
}

// insert adds a receipt, about a segment or waiting for one.
func (b *receiptBook) insert(r *receipt, at *match, now int64) {
	message, number := "", int64(0)
	if at != nil {
		message, number = at.message, at.number
	}
	b.inserted = append(b.inserted, r.id, message, number, r.Gateway, r.ProviderID, r.key, int64(r.Reference), r.TextID, r.From, r.To,
		db.OrNull(millis(r.SubmittedAt)), db.OrNull(millis(r.DoneAt)), string(r.State), r.Code, r.Text, now)
}

// match notes which segment a waiting receipt is about.
func (b *receiptBook) match(r *receipt, at *match) {
	b.matched = append(b.matched, r.id, at.message, at.number)
}

var (
	insertReceipts = db.NewMany(`INSERT INTO sms_receipts (id, message_id, segment, gateway, provider_id, provider_key, reference, text_id, sender, recipient,
		submitted_at, done_at, state, code, words, received_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)}}`)
	matchReceipts = db.NewMany(`WITH v(id, message_id, segment) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT))}})
		UPDATE sms_receipts SET message_id = v.message_id, segment = v.segment FROM v WHERE sms_receipts.id = v.id`)
)

// Load implements db.Book.
func (b *receiptBook) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *receiptBook) Apply(p *db.Pipeline) {
	p.Exec(insertReceipts, b.inserted)
	p.Exec(matchReceipts, b.matched)
}

// Reset implements db.Book.
func (b *receiptBook) Reset() { b.inserted, b.matched = nil, nil }
