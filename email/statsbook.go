package email

import (
	"cmp"
	"slices"

	"aviso/db"
)

// dayBook is what the statistics need that cannot be told from what is written
// anyway. An account's messages are numbered and its balance knows what it has
// ever spent, so a day is its first number and what had been spent until then:
// one row at the first message of the day. What ends as most messages do, sent,
// is not counted at all; only those that wait or ended otherwise are
// (docs/decisions/0010). In the usual batch the book has nothing to write.
type dayBook struct {
	messages *messageBook
	begun    []any
}

// accountDay is one account's day, in days since 1970 (UTC), by when its messages
// were first admitted.
type accountDay struct {
	account string
	day     int64
}

// exceptions counts the messages of a day that are not simply sent or on their
// way to it.
type exceptions struct{ queued, failed, other int64 }

// begin writes an account's day down with its first message: the message's
// number, and what the account had spent before it.
func (b *dayBook) begin(account string, day, number, spent int64) {
	b.begun = append(b.begun, account, day, number, spent)
}

func (e *exceptions) add(s Status, n int64) {
	switch s {
	case Queued:
		e.queued += n
	case Failed:
		e.failed += n
	case Unknown, Interrupted, Cancelled:
		e.other += n
	case Sending, Sent:
	}
}

var (
	beginDays = db.NewMany(`INSERT INTO email_days (account_id, day, number, spent) VALUES {{($1, $2, $3, $4)}}`)
	countDays = db.NewMany(`WITH v(account_id, day, queued, failed, other) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT))}})
		UPDATE email_days SET queued = email_days.queued + v.queued, failed = email_days.failed + v.failed, other = email_days.other + v.other
		FROM v WHERE email_days.account_id = v.account_id AND email_days.day = v.day`)
)

// Load implements db.Book.
func (b *dayBook) Load(*db.Pipeline) {}

// Apply implements db.Book. The rows are locked here, and not in Load: the book
// is the last that waits for any, and takes them in order.
func (b *dayBook) Apply(p *db.Pipeline) {
	p.Exec(beginDays, b.begun)
	p.Exec(countDays, b.moved())
}

// moved returns the rows to change. What has become of messages is told from
// the messages themselves, so that no work can forget to count.
func (b *dayBook) moved() (args []any) {
	counts := map[accountDay]exceptions{}
	for _, m := range b.messages.wanted {
		if m == nil || m.status == m.was {
			continue
		}
		d := accountDay{m.account, m.createdAt / dayMillis}
		e := counts[d]
		e.add(m.was, -1)
		e.add(m.status, 1)
		counts[d] = e
	}
	for _, d := range sortedDays(counts) {
		if e := counts[d]; e != (exceptions{}) {
			args = append(args, d.account, d.day, e.queued, e.failed, e.other)
		}
	}
	return args
}

// Reset implements db.Book.
func (b *dayBook) Reset() { b.begun = nil }

func sortedDays(counts map[accountDay]exceptions) []accountDay {
	days := make([]accountDay, 0, len(counts))
	for d := range counts {
		days = append(days, d)
	}
	slices.SortFunc(days, func(x, y accountDay) int { return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.day, y.day)) })
	return days
}
