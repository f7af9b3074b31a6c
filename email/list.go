package email

import (
	"context"

	"aviso/db"
	"aviso/numbered"
)

// LogFilter says which of an account's messages are wanted. The zero value
// wants all.
type LogFilter struct {
	KeyID  string
	Status Status
	Query  string // how the subject or a recipient's address begins; case does not matter
	From   int64  // accepted then or later, milliseconds UTC; 0 for any time
	To     int64  // accepted before; 0 for any time
}

// LogSpan is which part of the list is wanted.
type LogSpan = numbered.Span

// LogRow is one message of a list, newest first.
type LogRow struct {
	ID, SMTPMessageID string
	KeyID             string
	KeyName           string // also of a deleted key; "" if nothing is left of it
	Channel           Channel
	From, Subject     string
	To, Cc, Bcc       []string // the first ten at most
	Status            Status
	Recipients        int64
	Charged           int64 // credits it has cost so far
	Attempts          int64
	LastError         string
	CreatedAt         int64 // milliseconds UTC
	SentAt            int64 // 0 if it is not
	NextAttemptAt     int64 // of a queued message; else 0
}

// LogPage is a part of an account's log.
type LogPage = numbered.Page[LogRow]

// Logs lists an account's messages, newest first.
//
// Without a filter the total is exact and any offset costs the same: messages
// are numbered, so that an offset is a number. With one the total is exact as
// far as its reach goes.
func (s *Service) Logs(ctx context.Context, account string, f LogFilter, span LogSpan) (p LogPage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		log, err := logs.Of(tx, account)
		if err != nil {
			return err
		}
		if f == (LogFilter{}) {
			p, err = log.All(span)
		} else {
			var search numbered.Search
			if search, err = newLogSearch(tx, account, f, log.Range, s.reach); err != nil {
				return err
			}
			p, err = log.Some(span, search)
		}
		if err != nil {
			return err
		}
		return addRecipients(tx, p.Rows)
	})
	return p, err
}

var logs = numbered.New(numbered.Table[LogRow]{
	Name: "email_messages", Accounts: "email_accounts",
	Columns: `m.id, m.smtp_message_id, m.key_id, COALESCE(k.name, ''), m.channel, m.sender, m.subject, m.status, m.recipients,
		m.charged - m.refunded, m.attempts, m.last_error, m.created_at, COALESCE(m.sent_at, 0),
		CASE WHEN m.status = 'queued' THEN COALESCE(m.due_at, 0) ELSE 0 END`,
	Joined: `LEFT JOIN api_keys k ON k.id = m.key_id`,
	Fields: func(r *LogRow) []any {
		return []any{&r.ID, &r.SMTPMessageID, &r.KeyID, &r.KeyName, &r.Channel, &r.From, &r.Subject, &r.Status, &r.Recipients,
			&r.Charged, &r.Attempts, &r.LastError, &r.CreatedAt, &r.SentAt, &r.NextAttemptAt}
	},
	IsOf: "a message in this log",
})

// shownRecipients is how many recipients of each kind a list names.
const shownRecipients = 10

var logRecipients = db.NewMany(`SELECT message_id, kind, address FROM email_recipients WHERE message_id IN ({{$1}}) ORDER BY message_id, number`)

// addRecipients fills in who the messages of a page are for.
func addRecipients(tx *db.Tx, list []LogRow) error {
	at := make(map[string]*LogRow, len(list))
	ids := make([]any, len(list))
	for i := range list {
		r := &list[i]
		at[r.ID], ids[i] = r, r.ID
		r.To, r.Cc, r.Bcc = []string{}, []string{}, []string{}
	}
	return tx.Each(logRecipients, ids, func(scan func(...any) error) error {
		var id, kind, address string
		if err := scan(&id, &kind, &address); err != nil {
			return err
		}
		r := at[id]
		named := map[RecipientKind]*[]string{To: &r.To, Cc: &r.Cc, Bcc: &r.Bcc}[parseKind(kind)]
		if len(*named) < shownRecipients {
			*named = append(*named, address)
		}
		return nil
	})
}
