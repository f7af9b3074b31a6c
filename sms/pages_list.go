package sms

import (
	"cmp"
	"context"
	"slices"

	"aviso/db"
	"aviso/fault"
	"aviso/transport"
)

// TextFilter says which of an account's texts are wanted. The zero value wants
// all.
type TextFilter struct {
	Direction Direction // "" for both
	Peer      string    // exchanged with this number; "" for any
	Query     string    // how the peer or the text begins; case does not matter
}

// TextSpan is which part of a list is wanted.
type TextSpan struct {
	Limit, Offset int64
	Before        string // an id, or a peer of conversations: what follows it in the list, in place of Offset
}

// TextRow is one text of a list, newest first.
type TextRow struct {
	ID            string
	Direction     Direction
	Peer          string
	Content       string
	Shortcode     string // "" of a text that was sent
	Status        Status
	Segments      int64
	Encoding      transport.Encoding
	Charged       int64  // credits it has cost so far
	WebhookStatus int64  // 0 if it was not asked or did not answer
	WebhookError  string // why there is no answer; "" otherwise
	CreatedAt     int64  // milliseconds UTC

	number int64
}

// TextPage is a part of an account's texts.
type TextPage struct {
	Rows   []TextRow
	Total  int64
	Capped bool   // there may be more than Total: the counting, or the looking, ended before the list did
	Next   string // where to go on with TextSpan.Before when the looking ended before the page was full; else ""
}

// Which texts a filter lets through is found by looking at the newest first;
// these bound the looking.
type reach struct {
	counted int64 // matches
	looked  int64 // texts, for one page
}

// usualReach counts as far as the contract wants (dashboard, lists).
var usualReach = reach{counted: 10_000, looked: 20_000}

// Texts lists an account's texts, sent and received, newest first.
//
// Without a filter the total is exact and any offset costs the same: texts are
// numbered, so that an offset is a number. With one the total is exact as far as
// its reach goes.
func (s *Service) Texts(ctx context.Context, account string, f TextFilter, span TextSpan) (p TextPage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err := readNumbering(tx, account)
		if err != nil {
			return err
		}
		l := textLister{tx: tx, account: account, filter: f, numbering: n, reach: s.reach}
		before := int64(0)
		if span.Before != "" {
			if before, err = l.numberOf(span.Before); err != nil {
				return err
			}
		}
		if f == (TextFilter{}) {
			p.Total = n.total()
			p.Rows, err = l.all(span, before)
			return err
		}
		p, err = l.some(span, before)
		return err
	})
	return p, err
}

// textLister reads one account's texts in one snapshot.
type textLister struct {
	tx      *db.Tx
	account string
	filter  TextFilter
	numbering
	reach
}

// numberOf returns the number of a text of the account.
func (l *textLister) numberOf(id string) (n int64, err error) {
	if db.IsID(id) {
		err = l.tx.Row(`SELECT number FROM sms_messages WHERE id = $1 AND account_id = $2`, []any{id, l.account}, &n)
	}
	if n == 0 && (err == nil || db.IsMissing(err)) {
		return 0, fault.Field("INVALID_REQUEST", "before", "before must be the id of a text in this list.")
	}
	return n, err
}

const textColumns = `m.number, m.id, m.direction, m.peer, m.content, m.shortcode, CASE WHEN m.status = 'sending' AND m.answered THEN 'unknown' ELSE m.status END,
		m.segments, m.encoding, m.charged - m.refunded, COALESCE(p.status, 0), COALESCE(p.error, ''), m.created_at
	FROM sms_messages m LEFT JOIN sms_pushes p ON p.message_id = m.id `

var numberedTexts = db.NewMany(`SELECT ` + textColumns + `WHERE (m.account_id, m.number) IN (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})`)

// fields are where a row of textColumns is scanned to.
func (r *TextRow) fields() []any {
	return []any{&r.number, &r.ID, &r.Direction, &r.Peer, &r.Content, &r.Shortcode, &r.Status, &r.Segments, &r.Encoding, &r.Charged,
		&r.WebhookStatus, &r.WebhookError, &r.CreatedAt}
}

func scanTexts(list *[]TextRow) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var r TextRow
		err := scan(r.fields()...)
		*list = append(*list, r)
		return err
	}
}

// all reads a part of the whole list. The newest text has the number texts, and
// every number is there down to keptFrom.
func (l *textLister) all(span TextSpan, before int64) (list []TextRow, err error) {
	top, skip := l.texts-span.Offset, int64(0)
	if span.Offset >= l.dense() {
		top, skip = l.keptFrom-1, span.Offset-l.dense()
	}
	if before != 0 {
		top, skip = before-1, 0
	}
	return list, l.tx.Rows(`SELECT `+textColumns+`WHERE m.account_id = $1 AND m.number <= $2 ORDER BY m.number DESC LIMIT $3 OFFSET $4`,
		[]any{l.account, top, span.Limit, skip}, scanTexts(&list))
}

// some reads a part of what the filter lets through.
func (l *textLister) some(span TextSpan, before int64) (p TextPage, err error) {
	counted, err := l.find(l.texts, int(l.counted)+1)
	if err != nil {
		return p, err
	}
	p.Total, p.Capped = int64(len(counted.numbers)), !counted.ended
	if p.Total > l.counted {
		p.Total, p.Capped = l.counted, true
	}
	found, from := counted, span.Offset
	if before != 0 {
		if found, err = l.find(before-1, int(span.Limit)); err != nil {
			return p, err
		}
		from = 0
	}
	from = min(from, int64(len(found.numbers)))
	wanted := found.numbers[from:min(from+span.Limit, int64(len(found.numbers)))]
	if int64(len(wanted)) < span.Limit && !found.ended {
		if err := l.tx.Row(`SELECT id FROM sms_messages WHERE account_id = $1 AND number = $2`, []any{l.account, found.last}, &p.Next); err != nil {
			return p, err
		}
	}
	var args []any
	for _, n := range wanted {
		args = append(args, l.account, n)
	}
	err = l.tx.Each(numberedTexts, args, scanTexts(&p.Rows))
	slices.SortFunc(p.Rows, func(x, y TextRow) int { return cmp.Compare(y.number, x.number) })
	return p, err
}
