package account

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Office is where operators look after accounts. What it changes is in the audit
// log, with the operator's id.
type Office struct{ db *db.DB }

// NewOffice returns the office for the accounts in d.
func NewOffice(d *db.DB) *Office { return &Office{d} }

var errNoAccount = fault.New(fault.NotFound, "NOT_FOUND", "There is no such account.")

// Filter says which accounts are wanted.
type Filter struct {
	Query         string // how the address or the name begins, or the whole id; case does not matter
	Before        string // the id of an account: those that follow it in the list, in place of Offset
	Offset, Limit int64
}

// Page is a part of the list of accounts, newest first.
type Page struct {
	Accounts []Account
	Total    int64
	Capped   bool // there may be more than Total
}

// How far a search looks: so many accounts, the newest, and so many matches.
const (
	searchLooked  = 100_000
	searchCounted = 10_000
)

// List returns a part of the accounts. Without a query the total is exact.
func (o *Office) List(ctx context.Context, f Filter) (p Page, err error) {
	p.Accounts = []Account{}
	if f.Before != "" {
		f.Offset = 0
		if !db.IsID(f.Before) {
			return p, fault.Field("INVALID_REQUEST", "before", "before must be the id of an account in this list.")
		}
	} else {
		f.Before = "g" // behind every id, which are hexadecimal
	}
	return p, o.db.Read(ctx, func(tx *db.Tx) (err error) {
		if f.Query != "" {
			p, err = search(tx, f)
			return err
		}
		if err := tx.Row(`SELECT COUNT(*) FROM accounts`, nil, &p.Total); err != nil {
			return err
		}
		return tx.Rows(`SELECT `+columns+` FROM accounts a WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2 OFFSET $3`, []any{f.Before, f.Limit, f.Offset},
			func(scan func(...any) error) error {
				a, err := scanAccount(scan)
				p.Accounts = append(p.Accounts, a)
				return err
			})
	})
}

// search compares here and not in SQL: the engines fold case each in their own
// way. The account with exactly this address is found however old it is.
func search(tx *db.Tx, f Filter) (p Page, err error) {
	p.Accounts = []Account{}
	wanted := cases.Fold().String(f.Query)
	found, looked, err := candidates(tx, wanted)
	if err != nil {
		return p, err
	}
	if p.Total = int64(len(found)); looked == searchLooked || p.Total > searchCounted {
		p.Total, p.Capped = min(p.Total, searchCounted), true
	}
	after := slices.IndexFunc(found, func(id string) bool { return id < f.Before })
	if after < 0 {
		return p, nil
	}
	found = found[min(int64(after)+f.Offset, int64(len(found))):]
	for _, id := range found[:min(f.Limit, int64(len(found)))] {
		a, err := findByID(tx, id)
		if err != nil {
			return p, err
		}
		p.Accounts = append(p.Accounts, a)
	}
	return p, nil
}

// candidates returns the ids of the accounts that are wanted, newest first, and
// how many were looked at.
func candidates(tx *db.Tx, wanted string) (found []string, looked int, err error) {
	fold := cases.Fold()
	err = tx.Rows(`SELECT id, email, name FROM accounts ORDER BY id DESC LIMIT $1`, []any{searchLooked}, func(scan func(...any) error) error {
		var id, email, name string
		err := scan(&id, &email, &name)
		looked++
		if id == wanted || strings.HasPrefix(email, wanted) || strings.HasPrefix(fold.String(name), wanted) {
			found = append(found, id)
		}
		return err
	})
	if err != nil || looked < searchLooked {
		return found, looked, err
	}
	var exact string
	err = tx.Row(`SELECT id FROM accounts WHERE email = $1`, []any{wanted}, &exact)
	switch {
	case db.IsMissing(err):
		err = nil
	case err == nil && !slices.Contains(found, exact):
		found = append(found, exact)
	}
	return found, looked, err
}

func findByID(tx *db.Tx, id string) (Account, error) {
	if !db.IsID(id) {
		return Account{}, errNoAccount
	}
	a, err := scanAccount(func(dest ...any) error {
		return tx.Row(`SELECT `+columns+` FROM accounts a WHERE a.id = $1`, []any{id}, dest...)
	})
	if db.IsMissing(err) {
		err = errNoAccount
	}
	return a, err
}

// Find returns the account with this id, and the database's time.
func (o *Office) Find(ctx context.Context, id string) (a Account, now int64, err error) {
	return a, now, o.db.Read(ctx, func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		a, err = findByID(tx, id)
		return err
	})
}

// Suspend stops an account's keys and holds its queued mail, for a reason that
// the audit log keeps. Suspending twice changes nothing.
func (o *Office) Suspend(ctx context.Context, actor, id, reason string) error {
	if actor == id {
		return fault.New(fault.Invalid, "INVALID_REQUEST", "This is the account that you are signed in with; another operator can suspend it.")
	}
	if utf8.RuneCountInString(reason) > 500 || strings.ContainsRune(reason, 0) {
		return fault.Field("INVALID_REQUEST", "reason", "The reason may have at most 500 characters.")
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		a, err := findByID(tx, id)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE accounts SET suspended_at = $1 WHERE id = $2 AND suspended_at IS NULL`, now, a.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "account.suspend", Subject: a.ID, Detail: strings.TrimSpace(a.Email + " " + reason)})
	})
}

// SetPrime sets the end of an account's Prime, in milliseconds UTC; 0 ends it
// now, its grace included.
func (o *Office) SetPrime(ctx context.Context, actor, id string, until int64) error {
	return o.db.Write(ctx, func(tx *db.Tx) error {
		a, err := findByID(tx, id)
		if err != nil {
			return err
		}
		return SetPrime(tx, actor, a, until)
	})
}

// Invite makes an invite and returns its token, which is stored nowhere.
func (o *Office) Invite(ctx context.Context, actor, email string) (v Invite, token string, err error) {
	return v, token, o.db.Write(ctx, func(tx *db.Tx) (err error) {
		v, token, err = CreateInvite(tx, actor, email)
		return err
	})
}

// Invites returns limit invites, newest first, and how many there are in all.
func (o *Office) Invites(ctx context.Context, limit, offset int64, before string) ([]Invite, int64, error) {
	if before != "" {
		offset = 0
		if !db.IsID(before) {
			return nil, 0, fault.Field("INVALID_REQUEST", "before", "before must be the id of an invite in this list.")
		}
	}
	return NewStore(o.db).Invites(ctx, limit, offset, before)
}
