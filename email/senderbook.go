package email

import (
	"cmp"
	"strings"

	"aviso/db"
)

// sender is an address that may stand in From.
type sender struct {
	id      string
	address string
	name    string // display name
	relay   string // the only relay it may use; empty for any
	cap     int64  // recipients a day; 0 for none
	global  bool   // open to every account
}

// senderBook is what one batch needs to know about senders: the accounts'
// rows with their defaults, and the senders that calls ask for.
type senderBook struct {
	installation string // the default sender of accounts without one
	accounts     db.Facts[string, accountFacts]
	asked        db.Facts[askedSender, askedFacts]
}

type accountFacts struct {
	messages  int64 // numbered so far
	day       int64 // of the latest message, since 1970, UTC
	byDefault *sender
}

type askedSender struct{ account, address string }

type askedFacts struct {
	sender
	found    bool
	assigned bool
}

func newSenderBook(installation string) *senderBook {
	return &senderBook{installation: installation}
}

// want asks for what an account may send from; address "" is its default.
func (b *senderBook) want(account, address string) {
	b.accounts.Want(account)
	b.asked.Want(askedSender{account, cmp.Or(address, b.installation)})
}

// of returns the sender an account asked for, or nil if it may not use it.
func (b *senderBook) of(account, address string) *sender {
	if s := b.accounts.Get(account).byDefault; address == "" && s != nil {
		return s
	}
	f := b.asked.Get(askedSender{account, cmp.Or(address, b.installation)})
	if !f.found || !(f.global || f.assigned) {
		return nil
	}
	return &f.sender
}

// number returns the account's next message number.
func (b *senderBook) number(account string) int64 {
	f := b.accounts.Change(account)
	f.messages++
	return f.messages
}

// since returns when the day of an account's latest message began. None may be
// dated before it, or the account's numbers would not be in order of days.
func (b *senderBook) since(account string) int64 { return b.accounts.Get(account).day * dayMillis }

// turn says whether a day is new to the account, and remembers it.
func (b *senderBook) turn(account string, day int64) bool {
	if day <= b.accounts.Get(account).day {
		return false
	}
	b.accounts.Change(account).day = day
	return true
}

var (
	loadAccounts = db.NewMany(`SELECT e.account_id, e.messages, e.day, s.id, s.address, s.display_name, s.relay, s.daily_cap, s.is_global
		FROM email_accounts e LEFT JOIN email_senders s ON s.id = e.default_sender_id
		WHERE e.account_id IN ({{$1}}) ORDER BY e.account_id {lock of e}`)
	loadAsked = db.NewMany(`WITH v(account_id, address) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS TEXT))}})
		SELECT v.account_id, v.address, s.id, s.address, s.display_name, s.relay, s.daily_cap, s.is_global, a.account_id IS NOT NULL
		FROM v JOIN email_senders s ON s.address = v.address
		LEFT JOIN email_sender_accounts a ON a.sender_id = s.id AND a.account_id = v.account_id`)
	writeAccounts = db.NewMany(`INSERT INTO email_accounts (account_id, messages, day) VALUES {{($1, $2, $3)}}
		ON CONFLICT (account_id) DO UPDATE SET messages = excluded.messages, day = excluded.day`)
)

func readSender(r db.Row, at int) sender {
	return sender{id: r.Text(at), address: r.Text(at + 1), name: r.Text(at + 2), relay: r.Text(at + 3), cap: r.Int(at + 4), global: r.Bool(at + 5)}
}

// Load implements db.Book.
func (b *senderBook) Load(p *db.Pipeline) {
	p.Query(loadAccounts, db.Args(b.accounts.Missing(strings.Compare)), func(r db.Row) {
		f := b.accounts.Get(r.Text(0))
		f.messages, f.day = r.Int(1), r.Int(2)
		if !r.Null(3) {
			s := readSender(r, 3)
			f.byDefault = &s
		}
	})
	var asked []any
	for _, a := range b.asked.Missing(compareAsked) {
		asked = append(asked, a.account, a.address)
	}
	p.Query(loadAsked, asked, func(r db.Row) {
		*b.asked.Get(askedSender{r.Text(0), r.Text(1)}) = askedFacts{readSender(r, 2), true, r.Bool(8)}
	})
}

// Apply implements db.Book.
func (b *senderBook) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range b.accounts.Changed(strings.Compare) {
		f := b.accounts.Get(id)
		args = append(args, id, f.messages, f.day)
	}
	p.Exec(writeAccounts, args)
}

// Keep implements db.Keeper.
func (b *senderBook) Keep() {
	b.accounts.Keep()
	b.asked.Keep()
}

// Reset implements db.Book.
func (b *senderBook) Reset() {
	b.accounts.Reset()
	b.asked.Reset()
}

func compareAsked(x, y askedSender) int {
	return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.address, y.address))
}
