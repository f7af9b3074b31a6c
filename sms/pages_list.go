package sms

import (
	"context"

	"aviso/db"
	"aviso/numbered"
	"aviso/transport"
)

// TextFilter says which of an account's texts are wanted. The zero value wants
// all.
type TextFilter struct {
	Direction Direction // "" for both
	Peer      string    // exchanged with this number; "" for any
	Query     string    // how the peer or the text begins; case does not matter
}

// TextSpan is which part of a list is wanted. Before is an id, or a peer of
// conversations.
type TextSpan = numbered.Span

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
}

// TextPage is a part of an account's texts.
type TextPage = numbered.Page[TextRow]

// Texts lists an account's texts, sent and received, newest first.
//
// Without a filter the total is exact and any offset costs the same: texts are
// numbered, so that an offset is a number. With one the total is exact as far as
// its reach goes.
func (s *Service) Texts(ctx context.Context, account string, f TextFilter, span TextSpan) (p TextPage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err := texts.Of(tx, account)
		if err != nil {
			return err
		}
		if f == (TextFilter{}) {
			p, err = list.All(span)
		} else {
			p, err = list.Some(span, newTextSearch(tx, account, f, s.reach))
		}
		return err
	})
	return p, err
}

var texts = numbered.New(numbered.Table[TextRow]{
	Name: "sms_messages", Accounts: "sms_accounts",
	Columns: textColumns, Joined: joinedPush, Fields: (*TextRow).fields,
	IsOf: "a text in this list",
})

const (
	textColumns = `m.id, m.direction, m.peer, m.content, m.shortcode, CASE WHEN m.status = 'sending' AND m.answered THEN 'unknown' ELSE m.status END,
		m.segments, m.encoding, m.charged - m.refunded, COALESCE(p.status, 0), COALESCE(p.error, ''), m.created_at`
	joinedPush = `LEFT JOIN sms_pushes p ON p.message_id = m.id`
)

// fields are where a row of textColumns is scanned to.
func (r *TextRow) fields() []any {
	return []any{&r.ID, &r.Direction, &r.Peer, &r.Content, &r.Shortcode, &r.Status, &r.Segments, &r.Encoding, &r.Charged,
		&r.WebhookStatus, &r.WebhookError, &r.CreatedAt}
}
