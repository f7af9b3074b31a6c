// Package inbox is what the sandbox captured: the latest messages that would
// have been sent, for a developer to look at. It is bounded and forgets the
// oldest; nothing else reads it.
package inbox

import (
	"bytes"
	"context"
	"mime"
	"net/mail"
	"strings"
	"sync/atomic"

	"aviso/db"
	"aviso/transport"
)

// Mail is one captured message.
type Mail struct {
	ID         string
	Relay      string
	MessageID  string // the id its sender was given
	From       string // reverse-path
	To         []string
	Subject    string
	Data       []byte // as it would have gone over the wire; empty in lists
	ReceivedAt int64  // milliseconds UTC
}

// Store keeps what the sandbox captured.
type Store struct {
	db    *db.DB
	limit int64
	kept  atomic.Int64
}

// tidyEvery is how many messages come between two looks for old ones.
const tidyEvery = 64

// NewStore keeps the latest limit messages, and at most tidyEvery more.
func NewStore(d *db.DB, limit int64) *Store { return &Store{db: d, limit: limit} }

// Keep implements sandbox.Store.
func (s *Store) Keep(ctx context.Context, relay string, m *transport.Mail, to []string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO inbox_mails (id, relay, message_id, sender, recipients, subject, data, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			db.NewID(), relay, m.ID, m.From, strings.Join(to, "\n"), subject(m.Data), m.Data, now)
		// The first of a process is one that tidies, or one that is started
		// again and again would never come to it.
		if err != nil || s.kept.Add(1)%tidyEvery != 1 {
			return err
		}
		_, err = tx.Exec(`DELETE FROM inbox_mails WHERE id < (SELECT MIN(id) FROM (SELECT id FROM inbox_mails ORDER BY id DESC LIMIT $1) newest)`, s.limit)
		return err
	})
}

// List returns the newest messages first, without their data: limit of them,
// from the one before id on, or from the newest when id is empty.
func (s *Store) List(ctx context.Context, before string, limit int64) ([]Mail, error) {
	list := []Mail{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT id, relay, message_id, sender, recipients, subject, received_at FROM inbox_mails
			WHERE ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2`, []any{before, limit}, func(scan func(...any) error) error {
			var m Mail
			var to string
			err := scan(&m.ID, &m.Relay, &m.MessageID, &m.From, &to, &m.Subject, &m.ReceivedAt)
			m.To = recipients(to)
			list = append(list, m)
			return err
		})
	})
}

// recipients are kept a line each.
func recipients(lines string) []string { return strings.Split(lines, "\n") }

// Data returns a captured message as it would have gone over the wire, found
// by its own id or by the id its sender was given; nil if there is none.
func (s *Store) Data(ctx context.Context, id string) ([]byte, error) {
	var data []byte
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT data FROM inbox_mails WHERE id = $1 OR message_id = $1 ORDER BY id DESC LIMIT 1`, []any{id}, &data)
	})
	if db.IsMissing(err) {
		return nil, nil
	}
	return data, err
}

// subject is what a reader would see, in characters that any column takes.
func subject(data []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	s := m.Header.Get("Subject")
	if decoded, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		s = decoded
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}
