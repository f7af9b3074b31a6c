package sms

import "aviso/db"

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
	wanted map[string]*accountFacts
}

type accountFacts struct {
	status   string // of its application
	messages int64  // numbered so far, in both directions
	changed  bool
}

func newAccountBook() *accountBook { return &accountBook{wanted: map[string]*accountFacts{}} }

// want asks for an account's row, and locks it.
func (b *accountBook) want(account string) {
	if b.wanted[account] == nil {
		b.wanted[account] = &accountFacts{status: applicationNone}
	}
}

// approved says whether an account that was wanted may send.
func (b *accountBook) approved(account string) bool {
	return b.wanted[account].status == applicationApproved
}

// number returns the next number of an account that was wanted.
func (b *accountBook) number(account string) int64 {
	a := b.wanted[account]
	a.messages++
	a.changed = true
	return a.messages
}

var (
	loadAccounts  = db.NewMany(`SELECT account_id, status, messages FROM sms_accounts WHERE account_id IN ({{$1}}) ORDER BY account_id {lock}`)
	writeAccounts = db.NewMany(`INSERT INTO sms_accounts (account_id, status, messages) VALUES {{($1, $2, $3)}}
		ON CONFLICT (account_id) DO UPDATE SET messages = excluded.messages`)
)

// Load implements db.Book.
func (b *accountBook) Load(p *db.Pipeline) {
	p.Query(loadAccounts, sortedKeys(b.wanted), func(r db.Row) {
		a := b.wanted[r.Text(0)]
		a.status, a.messages = r.Text(1), r.Int(2)
	})
}

// Apply implements db.Book.
func (b *accountBook) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range sortedKeys(b.wanted) {
		if a := b.wanted[id.(string)]; a.changed {
			args = append(args, id, a.status, a.messages)
		}
	}
	p.Exec(writeAccounts, args)
}

// Reset implements db.Book.
func (b *accountBook) Reset() { clear(b.wanted) }
