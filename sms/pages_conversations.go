package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// Conversation is all texts that an account has exchanged with one number.
type Conversation struct {
	Peer  string
	Texts int64
	Last  TextRow
}

// ConversationPage is a part of an account's conversations.
type ConversationPage struct {
	Items  []Conversation
	Total  int64
	Capped bool // there are more than Total
}

// Conversations lists the numbers that an account has exchanged texts with, the
// one with the latest text first.
func (s *Service) Conversations(ctx context.Context, account string, span TextSpan) (ConversationPage, error) {
	p := ConversationPage{Items: []Conversation{}}
	return p, s.db.Read(ctx, func(tx *db.Tx) error {
		before := int64(1) << 62
		if span.Before != "" {
			span.Offset = 0
			err := tx.Row(`SELECT number FROM sms_conversations WHERE account_id = $1 AND peer = $2`, []any{account, plain(span.Before, 100)}, &before)
			if db.IsMissing(err) {
				return fault.Field("INVALID_REQUEST", "before", "before must be a number in this list.")
			}
			if err != nil {
				return err
			}
		}
		err := tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM sms_conversations WHERE account_id = $1 LIMIT $2) c`, []any{account, s.reach.Counted + 1}, &p.Total)
		if err != nil {
			return err
		}
		if p.Total > s.reach.Counted {
			p.Total, p.Capped = s.reach.Counted, true
		}
		return tx.Rows(`SELECT c.peer, c.messages, `+textColumns+` FROM sms_messages m `+joinedPush+` JOIN sms_conversations c ON c.account_id = m.account_id AND c.number = m.number
			WHERE c.account_id = $1 AND c.number < $2 ORDER BY c.number DESC LIMIT $3 OFFSET $4`, []any{account, before, span.Limit, span.Offset},
			func(scan func(...any) error) error {
				var c Conversation
				err := scan(append([]any{&c.Peer, &c.Texts}, c.Last.fields()...)...)
				p.Items = append(p.Items, c)
				return err
			})
	})
}
