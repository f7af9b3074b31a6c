package account

import (
	"context"
	"strings"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Account is one customer or operator.
type Account struct {
	ID                 string
	Email              string // lower case
	Name               string
	Admin              bool
	MustChangePassword bool
	SuspendedAt        int64 // milliseconds UTC; 0 if not suspended
	PrimeUntil         int64
	CreatedAt          int64
}

// New is what an account is made from.
type New struct {
	Email              string
	Name               string // the local part of Email when empty
	PasswordHash       string // from Passwords.Hash
	Admin              bool
	MustChangePassword bool
}

// Store reads and writes accounts and keys.
type Store struct{ db *db.DB }

// NewStore returns the store in d.
func NewStore(d *db.DB) *Store { return &Store{d} }

const columns = `id, email, name, is_admin, must_change_password, COALESCE(suspended_at, 0), COALESCE(prime_until, 0), created_at`

func scanAccount(scan func(...any) error) (a Account, err error) {
	err = scan(&a.ID, &a.Email, &a.Name, &a.Admin, &a.MustChangePassword, &a.SuspendedAt, &a.PrimeUntil, &a.CreatedAt)
	return a, err
}

// Create makes an account in the caller's transaction. An address that is
// taken is a Conflict with the code EMAIL_TAKEN.
func Create(tx *db.Tx, actor string, n New) (Account, error) {
	address, err := normalise(n.Email)
	if err != nil {
		return Account{}, err
	}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(address, "@")
	}
	if n.Name, err = checkName(n.Name, "account"); err != nil {
		return Account{}, err
	}
	now, err := tx.Now()
	if err != nil {
		return Account{}, err
	}
	a := Account{ID: db.NewID(), Email: address, Name: n.Name, Admin: n.Admin, MustChangePassword: n.MustChangePassword, CreatedAt: now}
	_, err = tx.Exec(`INSERT INTO accounts (id, email, name, password_hash, is_admin, must_change_password, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, a.ID, a.Email, a.Name, n.PasswordHash, a.Admin, a.MustChangePassword, a.CreatedAt)
	if db.IsConflict(err) {
		return Account{}, fault.New(fault.Conflict, "EMAIL_TAKEN", "An account with this address exists already.")
	}
	if err != nil {
		return Account{}, err
	}
	return a, audit.Append(tx, audit.Entry{Actor: actor, Action: "account.create", Subject: a.ID, Detail: a.Email})
}

// normalise checks an account's address loosely; only mail that arrives there
// proves it.
func normalise(address string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || len(address) > 254 || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 127 }) || strings.Contains(domain, "@") {
		return "", fault.Field("INVALID_ADDRESS", "email", "The account's address must look like name@example.com.")
	}
	return address, nil
}

// Find returns the account with this id or address.
func Find(tx *db.Tx, idOrEmail string) (Account, error) {
	a, err := scanAccount(func(dest ...any) error {
		return tx.Row(`SELECT `+columns+` FROM accounts WHERE id = $1 OR email = $2`, []any{idOrEmail, strings.ToLower(idOrEmail)}, dest...)
	})
	if db.IsMissing(err) {
		return a, fault.New(fault.NotFound, "NOT_FOUND", "There is no account "+idOrEmail+".")
	}
	return a, err
}

// List returns all accounts, oldest first.
func (s *Store) List(ctx context.Context) ([]Account, error) {
	list := []Account{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT `+columns+` FROM accounts ORDER BY id`, nil, func(scan func(...any) error) error {
			a, err := scanAccount(scan)
			list = append(list, a)
			return err
		})
	})
}

// SetPassword replaces an account's password hash.
func SetPassword(tx *db.Tx, actor string, a Account, hash string, mustChange bool) error {
	if _, err := tx.Exec(`UPDATE accounts SET password_hash = $1, must_change_password = $2 WHERE id = $3`, hash, mustChange, a.ID); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "account.password", Subject: a.ID, Detail: a.Email})
}

// SetPrime sets the end of an account's Prime, in milliseconds UTC.
func SetPrime(tx *db.Tx, actor string, a Account, until int64) error {
	if _, err := tx.Exec(`UPDATE accounts SET prime_until = $1 WHERE id = $2`, until, a.ID); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "account.prime", Subject: a.ID, Detail: a.Email})
}

// Suspend stops an account's keys and holds its queued mail. Suspending twice
// changes nothing.
func Suspend(tx *db.Tx, actor string, a Account) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE accounts SET suspended_at = $1 WHERE id = $2 AND suspended_at IS NULL`, now, a.ID); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "account.suspend", Subject: a.ID, Detail: a.Email})
}

// Unsuspend lets an account send again. What its queue's clock missed is the
// caller's to give back, in the same transaction: it returns since when the
// account was suspended, 0 if it was not.
func Unsuspend(tx *db.Tx, actor string, a Account) (since int64, err error) {
	if _, err := tx.Exec(`UPDATE accounts SET suspended_at = NULL WHERE id = $1`, a.ID); err != nil {
		return 0, err
	}
	return a.SuspendedAt, audit.Append(tx, audit.Entry{Actor: actor, Action: "account.unsuspend", Subject: a.ID, Detail: a.Email})
}
