package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// InboundMessage is a text that came in.
type InboundMessage struct {
	ID        string
	Account   string // "" for nobody's
	Sender    string // "+" and digits, or as it came
	To        string // which of our numbers it came to
	Gateway   string
	Shortcode string
	Content   string // what follows the shortcode; the whole text of nobody's
	// WebhookStatus is what the webhook answered; 0 if it was not asked, or
	// did not answer.
	WebhookStatus int64
	CreatedAt     int64 // milliseconds UTC
}

// inboundAtMost is how many texts one list has (contract, SMS, receiving).
const inboundAtMost = 100

const selectInbound = `SELECT m.id, m.account_id, m.peer, m.ours, m.gateway, m.shortcode, m.content, m.created_at,
		COALESCE((SELECT p.status FROM sms_pushes p WHERE p.message_id = m.id ORDER BY p.id LIMIT 1), 0)
	FROM sms_messages m WHERE m.account_id = $1 AND m.direction = 'in' AND m.number < $2 ORDER BY m.number DESC LIMIT $3 OFFSET $4`

// countUnrouted reads the two ends of an index; asked for both at once, SQLite
// would read what lies between.
const countUnrouted = `SELECT COALESCE((SELECT MAX(number) FROM sms_messages WHERE account_id = '' AND direction = 'in')
	- (SELECT MIN(number) FROM sms_messages WHERE account_id = '' AND direction = 'in') + 1, 0)`

// Inbound returns what came in for an account, newest first: at most limit
// texts, and with before only those older than the one with this id, which must
// be the account's. A limit out of 1-100 is that of the nearer end.
func (s *Service) Inbound(ctx context.Context, account, before string, limit int64) ([]InboundMessage, error) {
	list := []InboundMessage{}
	return list, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = readInbound(tx, account, before, 0, min(max(limit, 1), inboundAtMost))
		return err
	})
}

// Unrouted returns how many texts came in for nobody, and limit of them, newest
// first, behind offset or behind the one with the id before.
func (s *Service) Unrouted(ctx context.Context, before string, offset, limit int64) (list []InboundMessage, total int64, err error) {
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		// They are numbered like an account's, so that counting needs no scan but
		// of what retention has left.
		err := tx.Row(countUnrouted, nil, &total)
		if err != nil {
			return err
		}
		list, err = readInbound(tx, "", before, offset, limit)
		return err
	})
}

func readInbound(tx *db.Tx, account, before string, offset, limit int64) ([]InboundMessage, error) {
	from := int64(1) << 62
	if before != "" {
		unknown := fault.Field("INVALID_REQUEST", "before", "before must be the id of a text in this list.")
		if !db.IsID(before) {
			return nil, unknown
		}
		err := tx.Row(`SELECT number FROM sms_messages WHERE id = $1 AND account_id = $2 AND direction = 'in'`, []any{before, account}, &from)
		if db.IsMissing(err) {
			return nil, unknown
		}
		if err != nil {
			return nil, err
		}
		offset = 0
	}
	list := []InboundMessage{}
	return list, tx.Rows(selectInbound, []any{account, from, limit, offset}, func(scan func(...any) error) error {
		var m InboundMessage
		err := scan(&m.ID, &m.Account, &m.Sender, &m.To, &m.Gateway, &m.Shortcode, &m.Content, &m.CreatedAt, &m.WebhookStatus)
		list = append(list, m)
		return err
	})
}
