package account

import (
	"context"
	"strings"
	"unicode/utf8"

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
	MustVerify         bool  // it may not send until VerifiedAt is set
	VerifiedAt         int64 // when its address was proven, milliseconds UTC; 0 if it was not
	SuspendedAt        int64 // 0 if not suspended
	PrimeUntil         int64
	CreatedAt          int64
}

// MaySend says whether the account's address was confirmed, or need not be.
func (a Account) MaySend() bool { return a.VerifiedAt != 0 || !a.MustVerify }

// New is what an account is made from.
type New struct {
	Email              string
	Name               string // the local part of Email when empty
	PasswordHash       string // from Passwords.Hash
	Admin              bool
	MustChangePassword bool
	MustVerify         bool
}

// Store reads and writes accounts and keys.
type Store struct{ db *db.DB }

// NewStore returns the store in d.
func NewStore(d *db.DB) *Store { return &Store{d} }

const columns = `a.id, a.email, a.name, a.is_admin, a.must_change_password, a.must_verify, COALESCE(a.verified_at, 0), COALESCE(a.suspended_at, 0),
	COALESCE(a.prime_until, 0), a.created_at`

func scanAccount(scan func(...any) error) (a Account, err error) {
	err = scan(&a.ID, &a.Email, &a.Name, &a.Admin, &a.MustChangePassword, &a.MustVerify, &a.VerifiedAt, &a.SuspendedAt, &a.PrimeUntil, &a.CreatedAt)
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
	a := Account{ID: db.NewID(), Email: address, Name: n.Name, Admin: n.Admin, MustChangePassword: n.MustChangePassword, MustVerify: n.MustVerify, CreatedAt: now}
	_, err = tx.Exec(`INSERT INTO accounts (id, email, name, password_hash, is_admin, must_change_password, must_verify, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, a.ID, a.Email, a.Name, n.PasswordHash, a.Admin, a.MustChangePassword, a.MustVerify, a.CreatedAt)
	if db.IsConflict(err) {
		return Account{}, &fault.Error{Kind: fault.Conflict, Code: "EMAIL_TAKEN", Field: "email", Message: "An account with this address exists already."}
	}
	if err != nil {
		return Account{}, err
	}
	return a, audit.Append(tx, audit.Entry{Actor: actor, Action: "account.create", Subject: a.ID, Detail: a.Email})
}

// normalise checks an account's address loosely; only mail that arrives there
// proves it.
func normalise(address string) (string, error) {
	text := utf8.ValidString(address) // which ToLower would make it
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !text || !ok || local == "" || domain == "" || len(address) > 254 || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 127 }) || strings.Contains(domain, "@") {
		return "", fault.Field("INVALID_ADDRESS", "email", "The account's address must look like name@example.com.")
	}
	return address, nil
}

// Find returns the account with this id or address.
func Find(tx *db.Tx, idOrEmail string) (Account, error) {
	if !utf8.ValidString(idOrEmail) || strings.ContainsRune(idOrEmail, 0) { // which PostgreSQL would refuse
		return Account{}, fault.New(fault.NotFound, "NOT_FOUND", "There is no account of this name: it is no text.")
	}
	a, err := scanAccount(func(dest ...any) error {
		return tx.Row(`SELECT `+columns+` FROM accounts a WHERE a.id = $1 OR a.email = $2`, []any{idOrEmail, strings.ToLower(idOrEmail)}, dest...)
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
		return tx.Rows(`SELECT `+columns+` FROM accounts a ORDER BY a.id`, nil, func(scan func(...any) error) error {
			a, err := scanAccount(scan)
			list = append(list, a)
			return err
		})
	})
}

// SetPassword replaces an account's password hash and ends its sessions:
// whoever knew the old password is out.
func SetPassword(tx *db.Tx, actor string, a Account, hash string, mustChange bool) error {
	return setPassword(tx, actor, a, hash, mustChange, "")
}

// setPassword is SetPassword but for one session that stays.
func setPassword(tx *db.Tx, actor string, a Account, hash string, mustChange bool, session string) error {
	if err := endSessions(tx, a.ID, session); err != nil {
		return err
	}
	// A reset asked for with the old password's owner in mind must not undo this one.
	if _, err := tx.Exec(`DELETE FROM account_tokens WHERE account_id = $1 AND purpose = $2`, a.ID, purposeReset); err != nil {
		return err
	}
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
