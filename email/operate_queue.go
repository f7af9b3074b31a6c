package email

import (
	"cmp"
	"context"
	"slices"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// QueueFilter says which messages of the queue are wanted.
type QueueFilter struct {
	Status Status // Queued, Sending or Unknown; "" for all three
	Relay  string // that was tried last, or whose cap is waited for; "" for any
	After  string // the id that the page before ended with; "" for the first
	Limit  int
}

// QueuedMessage is a message that is not over: it waits, is being carried, or
// its fate is unknown and the operator's to settle.
type QueuedMessage struct {
	ID           string
	AccountID    string
	AccountEmail string
	Status       Status
	From         string
	Subject      string
	Recipients   int64
	Relay        string // tried last; empty if none
	WaitsFor     string // the cap it waits for, "relay/NAME" or "sender/ADDRESS"; empty if none
	Attempts     int64
	LastError    string
	CreatedAt    int64 // milliseconds UTC
	DueAt        int64 // of a queued message, when it is tried again; else 0
	ExpiresAt    int64 // when who still waits has failed
}

// inQueue has one text for each status, since each status has its own index. That
// of sending messages is not by id: they are few, and sorting them is nothing
// beside the walk over all messages that SQLite would choose to have them in order.
var inQueue = map[Status]string{Queued: queueOf(Queued, "m.id"), Sending: queueOf(Sending, "m.id || ''"), Unknown: queueOf(Unknown, "m.id")}

func queueOf(status Status, id string) string {
	return `SELECT m.id, m.account_id, COALESCE(a.email, ''), m.sender, m.subject, m.recipients, m.relay, m.waits_for, m.attempts, m.last_error,
			m.created_at, COALESCE(m.due_at, 0), m.expires_at
		FROM email_messages m LEFT JOIN accounts a ON a.id = m.account_id
		WHERE m.status = '` + string(status) + `' AND ` + id + ` > $1 AND ($2 = '' OR m.relay = $2 OR m.waits_for = $3) ORDER BY ` + id + ` LIMIT $4`
}

// Queue lists the messages that are not over, oldest first.
func (s *Service) Queue(ctx context.Context, f QueueFilter) ([]QueuedMessage, error) {
	statuses := []Status{Queued, Sending, Unknown}
	if f.Status != "" {
		if inQueue[f.Status] == "" {
			return nil, fault.Field("INVALID_REQUEST", "state", "The state must be queued, sending or unknown.")
		}
		statuses = []Status{f.Status}
	}
	if f.Relay != "" {
		if _, err := s.known(f.Relay); err != nil {
			return nil, err
		}
	}
	list := []QueuedMessage{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		for _, status := range statuses {
			err := tx.Rows(inQueue[status], []any{f.After, f.Relay, string(relayCap(f.Relay)), f.Limit}, func(scan func(...any) error) error {
				m := QueuedMessage{Status: status}
				err := scan(&m.ID, &m.AccountID, &m.AccountEmail, &m.From, &m.Subject, &m.Recipients, &m.Relay, &m.WaitsFor, &m.Attempts, &m.LastError,
					&m.CreatedAt, &m.DueAt, &m.ExpiresAt)
				if status != Queued {
					m.DueAt = 0
				}
				list = append(list, m)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(list, func(x, y QueuedMessage) int { return cmp.Compare(x.ID, y.ID) })
	return list[:min(len(list), f.Limit)], err
}

// Retry makes a queued message due now.
func (s *Service) Retry(ctx context.Context, actor, id string) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE email_messages SET due_at = $1 WHERE id = $2 AND status = 'queued'`, now, id)
		if err != nil {
			return err
		}
		if n == 0 {
			m, err := readLogged(tx, "", id)
			if err != nil {
				return err
			}
			return wrongState("NOT_QUEUED", m.Status, "a queued message can be tried again")
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "email.retry", Subject: id})
	})
	if err == nil {
		s.retry.Wake()
	}
	return err
}
