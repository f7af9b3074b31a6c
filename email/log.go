package email

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// Message is a message as its owner may see it.
type Message struct {
	ID            string
	SMTPMessageID string
	Account       string
	KeyID         string
	Channel       Channel
	Status        Status
	From          string
	Subject       string
	Charged       int64 // credits it has cost so far
	LastError     string
	CreatedAt     int64 // milliseconds UTC; 0 for none below
	SentAt        int64
	NextAttemptAt int64 // of a queued message
	Recipients    []LoggedRecipient
	Attempts      []LoggedAttempt

	lease int64 // the message's attempt number when it was read
}

// LoggedRecipient is where one recipient stands.
type LoggedRecipient struct {
	Kind     RecipientKind
	Address  string
	State    RecipientState
	Code     int
	Enhanced string
	Reply    string
}

// LoggedAttempt is one exchange with a relay.
type LoggedAttempt struct {
	Number     int64
	Relay      string
	Outcome    string
	Code       int
	Enhanced   string
	Reply      string
	StartedAt  int64
	DurationMS int64
}

// Message returns one message with its recipients and attempts. An account
// other than "" must own it; a foreign id is as missing as one that never was.
func (s *Service) Message(ctx context.Context, account, id string) (*Message, error) {
	var m *Message
	return m, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		m, err = readLogged(tx, account, id)
		return err
	})
}

func errNoMessage(id string) *fault.Error {
	// What was asked for may be anything; only what a terminal and JSON can
	// show is said back.
	if len(id) > 64 || !isPrintable(id) {
		return fault.New(fault.NotFound, "NOT_FOUND", "There is no such message.")
	}
	return fault.New(fault.NotFound, "NOT_FOUND", "There is no message "+id+".")
}

func readLogged(tx *db.Tx, account, id string) (*Message, error) {
	if !db.IsID(id) {
		return nil, errNoMessage(id)
	}
	m := &Message{ID: id}
	var charged, refunded, due int64
	err := tx.Row(`SELECT account_id, key_id, channel, status, sender, subject, smtp_message_id, charged, refunded, last_error, created_at,
		COALESCE(sent_at, 0), COALESCE(due_at, 0), attempt FROM email_messages WHERE id = $1 AND ($2 = '' OR account_id = $2)`, []any{id, account},
		&m.Account, &m.KeyID, &m.Channel, &m.Status, &m.From, &m.Subject, &m.SMTPMessageID, &charged, &refunded, &m.LastError, &m.CreatedAt, &m.SentAt, &due, &m.lease)
	if db.IsMissing(err) {
		return nil, errNoMessage(id)
	}
	if err != nil {
		return nil, err
	}
	m.Charged = charged - refunded
	if m.Status == Queued {
		m.NextAttemptAt = due
	}
	recipients, err := readRecipients(tx, id)
	if err != nil {
		return nil, err
	}
	for _, r := range recipients {
		if m.Status == Sent && r.state == RecipientWaiting {
			r.state = RecipientTaken
		}
		m.Recipients = append(m.Recipients, LoggedRecipient{r.Kind, r.Address, r.state, r.code, r.enhanced, r.reply})
	}
	m.Attempts = []LoggedAttempt{}
	return m, tx.Rows(`SELECT attempt, relay, outcome, code, enhanced, reply, started_at, duration_ms FROM email_attempts WHERE message_id = $1 ORDER BY attempt`,
		[]any{id}, func(scan func(...any) error) error {
			var a LoggedAttempt
			err := scan(&a.Number, &a.Relay, &a.Outcome, &a.Code, &a.Enhanced, &a.Reply, &a.StartedAt, &a.DurationMS)
			m.Attempts = append(m.Attempts, a)
			return err
		})
}
