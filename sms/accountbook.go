package sms

import (
	"cmp"
	"strings"

	"aviso/db"
)

// The statuses of an account's application.
const (
	applicationNone      = "none"
	applicationPending   = "pending"
	applicationApproved  = "approved"
	applicationRejected  = "rejected"
	applicationSuspended = "suspended"
)

// accountBook is the accounts that one batch of the committer is about: may
// they send, and which number does their next text get. Texts that belong to
// nobody are numbered under the account "".
type accountBook struct {
	wanted db.Facts[string, accountFacts]
	begun  []any // days
}

type accountFacts struct {
	status   string // of its application; "" is none
	messages int64  // numbered so far, in both directions
	received int64  // of these
	charged  int64  // credits, refunds not taken off
	day      int64  // of the latest text, since 1970, UTC
}

func newAccountBook() *accountBook { return &accountBook{} }

// want asks for an account's row, and locks it.
func (b *accountBook) want(account string) { b.wanted.Want(account) }

// approved says whether an account that was wanted may send.
func (b *accountBook) approved(account string) bool {
	return b.wanted.Get(account).status == applicationApproved
}

// enter gives a new text the next number of its account, which was wanted. The
// first of a day writes down what there was before it: what a day has come to is
// the difference to the next (docs/decisions/0011). None is dated before the day
// of the one before, or numbers would not be in order of days.
func (b *accountBook) enter(m *message) {
	a := b.wanted.Change(m.account)
	m.createdAt = max(m.createdAt, a.day*dayMillis)
	if day := m.createdAt / dayMillis; day > a.day {
		a.day = day
		b.begun = append(b.begun, m.account, day, a.messages+1, a.received, a.charged)
	}
	a.messages++
	m.number = a.messages
	if m.direction == In {
		a.received++
	}
	a.charged += m.charged
}

var (
	loadAccounts  = db.NewMany(`SELECT account_id, status, messages, received, charged, day FROM sms_accounts WHERE account_id IN ({{$1}}) ORDER BY account_id {lock}`)
	writeAccounts = db.NewMany(`INSERT INTO sms_accounts (account_id, status, messages, received, charged, day) VALUES {{($1, $2, $3, $4, $5, $6)}}
		ON CONFLICT (account_id) DO UPDATE SET messages = excluded.messages, received = excluded.received, charged = excluded.charged, day = excluded.day`)
	beginDays = db.NewMany(`INSERT INTO sms_days (account_id, day, number, received, charged) VALUES {{($1, $2, $3, $4, $5)}}`)
)

// Load implements db.Book.
func (b *accountBook) Load(p *db.Pipeline) {
	p.Query(loadAccounts, db.Args(b.wanted.Missing(strings.Compare)), func(r db.Row) {
		a := b.wanted.Get(r.Text(0))
		a.status, a.messages, a.received, a.charged, a.day = r.Text(1), r.Int(2), r.Int(3), r.Int(4), r.Int(5)
	})
}

// Apply implements db.Book.
func (b *accountBook) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range b.wanted.Changed(strings.Compare) {
		a := b.wanted.Get(id)
		args = append(args, id, cmp.Or(a.status, applicationNone), a.messages, a.received, a.charged, a.day)
	}
	p.Exec(writeAccounts, args)
	p.Exec(beginDays, b.begun)
}

// Keep implements db.Keeper.
func (b *accountBook) Keep() {
	b.begun = nil
	b.wanted.Keep()
}

// Reset implements db.Book.
func (b *accountBook) Reset() {
	b.begun = nil
	b.wanted.Reset()
}
