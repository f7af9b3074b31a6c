package sms

import (
	"aviso/db"
	"aviso/transport"
)

// segment is the row of one submitted piece of a text. A gateway that takes a
// text whole has one for all of it.
type segment struct {
	message   string
	number    int64 // from 0
	gateway   string
	sender    string
	recipient string
	reference int64 // the user_message_reference it went out with; 0 for none
	state     SegmentState
	provider  string                 // the gateway's id, as it came
	receipt   transport.ReceiptState // the last that says something; "" for none
	code      string                 // of the answer, then of the receipt
	words     string
	// Milliseconds UTC, 0 for never.
	submittedAt, answeredAt, receiptAt int64

	changed bool
}

// segmentBook is the segments of the texts that one batch is about. They have
// no locks of their own: who changes one holds its text.
type segmentBook struct {
	wanted   map[string][]*segment
	inserted []any
}

func newSegmentBook() *segmentBook { return &segmentBook{wanted: map[string][]*segment{}} }

// want asks for the segments of a text.
func (b *segmentBook) want(message string) {
	if _, ok := b.wanted[message]; !ok {
		b.wanted[message] = nil
	}
}

// of returns the segments of a text that was wanted, in their order.
func (b *segmentBook) of(message string) []*segment { return b.wanted[message] }

// insert adds a segment that was submitted.
func (b *segmentBook) insert(g *segment) {
	b.inserted = append(b.inserted, g.message, g.number, g.gateway, g.sender, g.recipient, g.reference, string(g.state), g.provider,
		providerKey(g.provider), string(g.receipt), g.code, g.words, g.submittedAt, db.OrNull(g.answeredAt), db.OrNull(g.receiptAt))
}

const segmentColumns = `message_id, number, gateway, sender, recipient, reference, state, provider_id, receipt, code, words, submitted_at,
	COALESCE(answered_at, 0), COALESCE(receipt_at, 0)`

var (
	loadSegments   = db.NewMany(`SELECT ` + segmentColumns + ` FROM sms_segments WHERE message_id IN ({{$1}}) ORDER BY message_id, number`)
	insertSegments = db.NewMany(`INSERT INTO sms_segments (message_id, number, gateway, sender, recipient, reference, state, provider_id, provider_key,
		receipt, code, words, submitted_at, answered_at, receipt_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)}}`)
	updateSegments = db.NewMany(`WITH v(message_id, number, state, provider_id, provider_key, receipt, code, words, answered_at, receipt_at) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT),
			CAST($9 AS BIGINT), CAST($10 AS BIGINT))}})
		UPDATE sms_segments SET state = v.state, provider_id = v.provider_id, provider_key = v.provider_key, receipt = v.receipt, code = v.code,
			words = v.words, answered_at = v.answered_at, receipt_at = v.receipt_at
		FROM v WHERE sms_segments.message_id = v.message_id AND sms_segments.number = v.number`)
)

// Load implements db.Book.
func (b *segmentBook) Load(p *db.Pipeline) {
	ids := db.SortedKeys(b.wanted)
	clear(b.wanted)
	p.Query(loadSegments, ids, func(r db.Row) {
		g := &segment{message: r.Text(0), number: r.Int(1), gateway: r.Text(2), sender: r.Text(3), recipient: r.Text(4), reference: r.Int(5),
			state: SegmentState(r.Text(6)), provider: r.Text(7), receipt: transport.ReceiptState(r.Text(8)), code: r.Text(9), words: r.Text(10),
			submittedAt: r.Int(11), answeredAt: r.Int(12), receiptAt: r.Int(13)}
		b.wanted[g.message] = append(b.wanted[g.message], g)
	})
}

// Apply implements db.Book.
func (b *segmentBook) Apply(p *db.Pipeline) {
	p.Exec(insertSegments, b.inserted)
	var changed []any
	for _, list := range b.wanted {
		for _, g := range list {
			if g.changed {
				changed = append(changed, g.message, g.number, string(g.state), g.provider, providerKey(g.provider), string(g.receipt), g.code, g.words,
					db.OrNull(g.answeredAt), db.OrNull(g.receiptAt))
			}
		}
	}
	p.Exec(updateSegments, changed)
}

// Reset implements db.Book.
func (b *segmentBook) Reset() {
	clear(b.wanted)
	b.inserted = nil
}
