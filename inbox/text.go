package inbox

import (
	"context"
	"strings"
	"sync/atomic"

	"aviso/db"
	"aviso/transport"
)

// Direction is which way a captured text went.
type Direction string

// The directions, seen from this program.
const (
	Out Direction = "out"
	In  Direction = "in"
)

// Text is one captured text.
type Text struct {
	ID         string
	Gateway    string
	MessageID  string // the id its sender was given; for one that came in, what its repetition would share
	From, To   string
	Content    string
	Encoding   transport.Encoding // empty for one that came in
	Segments   int64
	Direction  Direction
	ReceivedAt int64 // milliseconds UTC
}

// TextStore keeps what went through a sandbox gateway, both ways.
type TextStore struct {
	db    *db.DB
	limit int64
	kept  atomic.Int64
}

// NewTextStore keeps the latest limit texts, and at most tidyEvery more.
func NewTextStore(d *db.DB, limit int64) *TextStore { return &TextStore{db: d, limit: limit} }

// KeepText implements sandbox.TextStore.
func (s *TextStore) KeepText(ctx context.Context, gateway string, t *transport.Text) error {
	return s.keep(ctx, &Text{
		Gateway:   gateway,
		MessageID: t.ID,
		From:      t.From,
		To:        t.To,
		Content:   t.Content,
		Encoding:  t.Encoding,
		Segments:  int64(max(1, len(t.Parts))),
		Direction: Out,
	})
}

// KeepInbound implements sandbox.TextStore.
func (s *TextStore) KeepInbound(ctx context.Context, t *transport.InboundText) error {
	from := t.From
	if t.FromType == transport.International {
		from = "+" + from
	}
	return s.keep(ctx, &Text{
		Gateway:   t.Gateway,
		MessageID: t.RepeatKey,
		From:      from,
		To:        t.To,
		Content:   string(t.Data),
		Segments:  1,
		Direction: In,
	})
}

func (s *TextStore) keep(ctx context.Context, t *Text) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO inbox_texts (id, gateway, message_id, sender, recipient, content, encoding, segments, direction, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			db.NewID(), t.Gateway, t.MessageID, t.From, t.To, storable(t.Content), string(t.Encoding), t.Segments, string(t.Direction), now)
		// The first of a process is one that tidies, or one that is started
		// again and again would never come to it.
		if err != nil || s.kept.Add(1)%tidyEvery != 1 {
			return err
		}
		_, err = tx.Exec(`DELETE FROM inbox_texts WHERE id < (SELECT MIN(id) FROM (SELECT id FROM inbox_texts ORDER BY id DESC LIMIT $1) newest)`, s.limit)
		return err
	})
}

// List returns the newest texts first: limit of them, from the one before id
// on, or from the newest when id is empty.
func (s *TextStore) List(ctx context.Context, before string, limit int64) ([]Text, error) {
	list := []Text{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(selectTexts+`WHERE ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2`, []any{before, limit}, func(scan func(...any) error) error {
			t, err := scanText(scan)
			list = append(list, t)
			return err
		})
	})
	return list, err
}

const selectTexts = `SELECT id, gateway, message_id, sender, recipient, content, encoding, segments, direction, received_at FROM inbox_texts `

func scanText(scan func(...any) error) (t Text, err error) {
	err = scan(&t.ID, &t.Gateway, &t.MessageID, &t.From, &t.To, &t.Content, (*string)(&t.Encoding), &t.Segments, (*string)(&t.Direction), &t.ReceivedAt)
	return t, err
}

// storable is s in characters that any column takes.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}
