package email

import (
	"cmp"
	"context"
	"slices"

	"aviso/db"
	"aviso/fault"
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
type LogSpan struct {
	Limit, Offset int64
	Before        string // the id of a message: what follows it in the list, in place of Offset
}

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

	number int64
}

// LogPage is a part of an account's log.
type LogPage struct {
	Rows  []LogRow
	Total int64
	// Capped says that there may be more than Total: the counting, or the
	// looking, ended before the log did.
	Capped bool
	// Next is where to go on with LogSpan.Before when the looking ended before
	// the page was full; else "".
	Next string
}

// Logs lists an account's messages, newest first.
//
// Without a filter the total is exact and any offset costs the same: messages
// are numbered, so that an offset is a number. With one the total is exact as
// far as its reach goes.
func (s *Service) Logs(ctx context.Context, account string, f LogFilter, span LogSpan) (LogPage, error) {
	var p LogPage
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		n, err := readNumbering(tx, account)
		if err != nil {
			return err
		}
		l := lister{tx: tx, account: account, filter: f, numbering: n, reach: s.reach}
		before := int64(0)
		if span.Before != "" {
			if before, err = l.numberOf(span.Before); err != nil {
				return err
			}
		}
		if f == (LogFilter{}) {
			p.Total = n.total()
			p.Rows, err = l.all(span, before)
		} else {
			p, err = l.some(span, before)
		}
		if err != nil {
			return err
		}
		return l.addRecipients(p.Rows)
	})
	if p.Rows == nil {
		p.Rows = []LogRow{}
	}
	return p, err
}

// lister reads one account's log in one snapshot.
type lister struct {
	tx      *db.Tx
	account string
	filter  LogFilter
	numbering
	reach
}

// numberOf returns the number of a message of the account.
func (l *lister) numberOf(id string) (n int64, err error) {
	if db.IsID(id) {
		err = l.tx.Row(`SELECT number FROM email_messages WHERE id = $1 AND account_id = $2`, []any{id, l.account}, &n)
	}
	if n == 0 && (err == nil || db.IsMissing(err)) {
		return 0, fault.Field("INVALID_REQUEST", "before", "before must be the id of a message in this log.")
	}
	return n, err
}

const logColumns = `SELECT m.number, m.id, m.smtp_message_id, m.key_id, COALESCE(k.name, ''), m.channel, m.sender, m.subject, m.status, m.recipients,
		m.charged - m.refunded, m.attempts, m.last_error, m.created_at, COALESCE(m.sent_at, 0),
		CASE WHEN m.status = 'queued' THEN COALESCE(m.due_at, 0) ELSE 0 END
	FROM email_messages m LEFT JOIN api_keys k ON k.id = m.key_id `

var numberedLogs = db.NewMany(logColumns + `WHERE (m.account_id, m.number) IN (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})`)

func (l *lister) scan(list *[]LogRow) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var r LogRow
		err := scan(&r.number, &r.ID, &r.SMTPMessageID, &r.KeyID, &r.KeyName, &r.Channel, &r.From, &r.Subject, &r.Status, &r.Recipients,
			&r.Charged, &r.Attempts, &r.LastError, &r.CreatedAt, &r.SentAt, &r.NextAttemptAt)
		*list = append(*list, r)
		return err
	}
}

// all reads a part of the whole log. The newest message has the number
// messages, and every number is there down to keptFrom.
func (l *lister) all(span LogSpan, before int64) (list []LogRow, err error) {
	top, skip := l.messages-span.Offset, int64(0)
	if span.Offset >= l.dense() {
		top, skip = l.keptFrom-1, span.Offset-l.dense()
	}
	if before != 0 {
		top, skip = before-1, 0
	}
	return list, l.tx.Rows(logColumns+`WHERE m.account_id = $1 AND m.number <= $2 ORDER BY m.number DESC LIMIT $3 OFFSET $4`,
		[]any{l.account, top, span.Limit, skip}, l.scan(&list))
}

// some reads a part of what the filter lets through.
func (l *lister) some(span LogSpan, before int64) (p LogPage, err error) {
	if l.filter.KeyID != "" && !db.IsID(l.filter.KeyID) {
		return p, nil // nobody's, and perhaps nothing that a database takes
	}
	counted, err := l.find(l.messages, int(l.counted)+1)
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
		if err := l.tx.Row(`SELECT id FROM email_messages WHERE account_id = $1 AND number = $2`, []any{l.account, found.last}, &p.Next); err != nil {
			return p, err
		}
	}
	var args []any
	for _, n := range wanted {
		args = append(args, l.account, n)
	}
	err = l.tx.Each(numberedLogs, args, l.scan(&p.Rows))
	slices.SortFunc(p.Rows, func(x, y LogRow) int { return cmp.Compare(y.number, x.number) })
	return p, err
}

// shownRecipients is how many recipients of each kind a list names.
const shownRecipients = 10

var logRecipients = db.NewMany(`SELECT message_id, kind, address FROM email_recipients WHERE message_id IN ({{$1}}) ORDER BY message_id, number`)

// addRecipients fills in who the messages of a page are for.
func (l *lister) addRecipients(list []LogRow) error {
	at := make(map[string]*LogRow, len(list))
	ids := make([]any, len(list))
	for i := range list {
		r := &list[i]
		at[r.ID], ids[i] = r, r.ID
		r.To, r.Cc, r.Bcc = []string{}, []string{}, []string{}
	}
	return l.tx.Each(logRecipients, ids, func(scan func(...any) error) error {
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
