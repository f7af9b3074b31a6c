package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
	"aviso/transport"
)

// Message is a text as its owner may see it.
type Message struct {
	ID        string
	Account   string // "" for one that came in and belongs to nobody
	Number    int64  // counts the account's texts, in both directions
	Direction Direction
	Peer      string // who is on the other end
	Ours      string // our end
	Content   string
	Status    Status
	Encoding  transport.Encoding
	Parts     int // segments
	Gateway   string
	Shortcode string
	Charged   int64 // credits it has cost so far
	LastError string
	CreatedAt int64 // milliseconds UTC; 0 for none below
	SentAt    int64
	DoneAt    int64
	Segments  []LoggedSegment
	Receipts  []LoggedReceipt
}

// LoggedSegment is one submitted piece.
type LoggedSegment struct {
	Number      int // from 0
	Gateway     string
	State       SegmentState
	ProviderID  string
	Receipt     transport.ReceiptState // the one that counts; "" for none
	Code        string
	Words       string
	SubmittedAt int64
	AnsweredAt  int64
	ReceiptAt   int64
}

// Standing is what is known of the segment in one word: how its submission went,
// or what the network said later.
func (g LoggedSegment) Standing() string {
	switch g.Receipt {
	case transport.Delivered:
		return "delivered"
	case transport.Expired, transport.Deleted, transport.Undeliverable:
		return "undelivered"
	}
	return string(g.State)
}

// LoggedReceipt is one receipt as it came.
type LoggedReceipt struct {
	Segment    int
	State      transport.ReceiptState
	Code       string
	Words      string
	DoneAt     int64 // as the receipt says
	ReceivedAt int64
}

func errNoText(id string) *fault.Error {
	// What was asked for may be anything; only an id is said back.
	if !db.IsID(id) {
		return fault.New(fault.NotFound, "NOT_FOUND", "There is no such text.")
	}
	return fault.New(fault.NotFound, "NOT_FOUND", "There is no text "+id+".")
}

// Message returns one text with its segments and receipts. An account other
// than "" must own it; a foreign id is as missing as one that never was.
func (s *Service) Message(ctx context.Context, account, id string) (*Message, error) {
	if !db.IsID(id) {
		return nil, errNoText(id)
	}
	var m *Message
	return m, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		err = tx.Rows(`SELECT `+loggedColumns+` FROM sms_messages WHERE id = $1 AND ($2 = '' OR account_id = $2)`, []any{id, account},
			func(scan func(...any) error) (err error) {
				m, err = scanLogged(scan)
				return err
			})
		if err != nil {
			return err
		}
		if m == nil {
			return errNoText(id)
		}
		return m.readDetails(tx)
	})
}

const loggedColumns = `id, account_id, number, direction, peer, ours, content, status, answered, encoding, segments, gateway, shortcode, charged, refunded,
	last_error, created_at, COALESCE(sent_at, 0), COALESCE(done_at, 0)`

func scanLogged(scan func(...any) error) (*Message, error) {
	m := &Message{Segments: []LoggedSegment{}, Receipts: []LoggedReceipt{}}
	var answered bool
	var refunded int64
	err := scan(&m.ID, &m.Account, &m.Number, &m.Direction, &m.Peer, &m.Ours, &m.Content, &m.Status, &answered, &m.Encoding, &m.Parts, &m.Gateway, &m.Shortcode,
		&m.Charged, &refunded, &m.LastError, &m.CreatedAt, &m.SentAt, &m.DoneAt)
	m.Charged -= refunded
	if m.Status == Sending && answered {
		m.Status = Unknown // as its caller was told
	}
	return m, err
}

func (m *Message) readDetails(tx *db.Tx) error {
	err := tx.Rows(`SELECT number, gateway, state, provider_id, receipt, code, words, submitted_at, COALESCE(answered_at, 0), COALESCE(receipt_at, 0)
		FROM sms_segments WHERE message_id = $1 ORDER BY number`, []any{m.ID}, func(scan func(...any) error) error {
		var g LoggedSegment
		err := scan(&g.Number, &g.Gateway, &g.State, &g.ProviderID, &g.Receipt, &g.Code, &g.Words, &g.SubmittedAt, &g.AnsweredAt, &g.ReceiptAt)
		m.Segments = append(m.Segments, g)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Rows(`SELECT segment, state, code, words, COALESCE(done_at, 0), received_at FROM sms_receipts WHERE message_id = $1 ORDER BY id`, []any{m.ID},
		func(scan func(...any) error) error {
			var r LoggedReceipt
			err := scan(&r.Segment, &r.State, &r.Code, &r.Words, &r.DoneAt, &r.ReceivedAt)
			m.Receipts = append(m.Receipts, r)
			return err
		})
}

// Unknown returns texts of which nobody knows what became, the oldest first:
// limit of them, after an id.
func (s *Service) Unknown(ctx context.Context, after string, limit int) ([]*Message, error) {
	list := []*Message{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT `+loggedColumns+` FROM sms_messages WHERE status = 'unknown' AND id > $1 ORDER BY id LIMIT $2`, []any{after, limit},
			func(scan func(...any) error) error {
				m, err := scanLogged(scan)
				list = append(list, m)
				return err
			})
	})
}
