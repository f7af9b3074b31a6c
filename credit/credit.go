// Package credit is the money of the house: prepaid balances and the ledger
// behind them.
//
// The ledger is append-only and the truth; a balance row is its cache, guarded
// by a CHECK. A charge or refund made twice is impossible because references
// are unique, not because callers are careful. Entries outlive what they paid
// for and refer to it by text.
//
// The package never knows what is bought: prices, messages and purchases are
// its callers'.
package credit

import (
	"errors"
	"fmt"
	"strings"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Product says which of an account's two balances is meant.
type Product string

// The products.
const (
	Email Product = "email"
	SMS   Product = "sms"
)

// Reason is why an entry was made.
type Reason string

// The reasons.
const (
	Granted   Reason = "grant"
	Purchased Reason = "purchase"
	Charged   Reason = "charge"
	Refunded  Reason = "refund"
	Adjusted  Reason = "adjust"
)

// Entry is one line of the ledger.
type Entry struct {
	Number       int64  // counts the account's entries of this product from 1
	Ref          string // unique in the installation
	Delta        int64  // credits, negative when spent
	BalanceAfter int64
	Reason       Reason
	Note         string
	CreatedAt    int64 // milliseconds UTC
}

// ErrInsufficient is what a debit beyond the balance returns.
var ErrInsufficient = errors.New("not enough credits")

// maxGrant keeps any sum of grants far from the end of an int64.
const maxGrant = 1_000_000_000_000

const (
	selectBalance = `SELECT balance, entries, unlimited_until, spent FROM credit_balances WHERE account_id = $1 AND product = $2 {lock}`
	upsertBalance = `INSERT INTO credit_balances (account_id, product, balance, entries, unlimited_until, spent) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, product) DO UPDATE SET balance = excluded.balance, entries = excluded.entries,
			unlimited_until = excluded.unlimited_until, spent = excluded.spent`
	insertEntry = `INSERT INTO credit_entries (account_id, product, number, ref, delta, balance_after, reason, note, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	ensureBalance = `INSERT INTO credit_balances (account_id, product, balance, entries, unlimited_until) VALUES ($1, $2, 0, 0, 0)
		ON CONFLICT (account_id, product) DO NOTHING`
)

// Balance is what an account has of one product.
type Balance struct {
	Credits        int64
	UnlimitedUntil int64 // milliseconds UTC; 0 if there never was a tier
	Spent          int64 // all charges less all refunds
	entries        int64
}

// Read returns a balance; a missing row is an empty balance.
func Read(tx *db.Tx, account string, p Product) (Balance, error) {
	var b Balance
	err := tx.Row(strings.ReplaceAll(selectBalance, "{lock}", ""), []any{account, string(p)}, &b.Credits, &b.entries, &b.UnlimitedUntil, &b.Spent)
	if db.IsMissing(err) {
		err = nil
	}
	return b, err
}

// Post appends one entry to the ledger and moves the balance with it. It
// returns ErrInsufficient when the balance would fall below zero, and a
// conflict (db.IsConflict) when ref was used before.
func Post(tx *db.Tx, account string, p Product, e Entry) (Entry, error) {
	if e.Delta > maxGrant || e.Delta < -maxGrant {
		return e, fault.Field("INVALID_REQUEST", "amount", fmt.Sprintf("The amount must be within %d credits.", int64(maxGrant)))
	}
	if _, err := tx.Exec(ensureBalance, account, string(p)); err != nil {
		return e, err
	}
	var b Balance
	if err := tx.Row(selectBalance, []any{account, string(p)}, &b.Credits, &b.entries, &b.UnlimitedUntil, &b.Spent); err != nil {
		return e, err
	}
	now, err := tx.Now()
	if err != nil {
		return e, err
	}
	if b.Credits+e.Delta < 0 {
		return e, ErrInsufficient
	}
	b.Credits, b.entries = b.Credits+e.Delta, b.entries+1
	if e.Reason == Charged || e.Reason == Refunded {
		b.Spent -= e.Delta
	}
	e.Number, e.BalanceAfter, e.CreatedAt = b.entries, b.Credits, now
	if _, err := tx.Exec(upsertBalance, account, string(p), b.Credits, b.entries, b.UnlimitedUntil, b.Spent); err != nil {
		return e, err
	}
	_, err = tx.Exec(insertEntry, account, string(p), e.Number, e.Ref, e.Delta, e.BalanceAfter, string(e.Reason), e.Note, e.CreatedAt)
	return e, err
}

// ExtendUnlimited adds a period to the later of now and the tier's end, and
// returns the new end. The period is in milliseconds.
func ExtendUnlimited(tx *db.Tx, account string, p Product, period int64) (int64, error) {
	if _, err := tx.Exec(ensureBalance, account, string(p)); err != nil {
		return 0, err
	}
	var b Balance
	if err := tx.Row(selectBalance, []any{account, string(p)}, &b.Credits, &b.entries, &b.UnlimitedUntil, &b.Spent); err != nil {
		return 0, err
	}
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	b.UnlimitedUntil = max(now, b.UnlimitedUntil) + period
	_, err = tx.Exec(upsertBalance, account, string(p), b.Credits, b.entries, b.UnlimitedUntil, b.Spent)
	return b.UnlimitedUntil, err
}

// History returns an account's entries, newest first: limit of them, from the
// one numbered below before on, or from the newest when before is 0.
func History(tx *db.Tx, account string, p Product, before, limit int64) ([]Entry, error) {
	if before <= 0 {
		before = 1 << 62
	}
	entries := []Entry{}
	err := tx.Rows(`SELECT number, ref, delta, balance_after, reason, note, created_at FROM credit_entries
		WHERE account_id = $1 AND product = $2 AND number < $3 ORDER BY number DESC LIMIT $4`,
		[]any{account, string(p), before, limit}, func(scan func(...any) error) error {
			var e Entry
			if err := scan(&e.Number, &e.Ref, &e.Delta, &e.BalanceAfter, &e.Reason, &e.Note, &e.CreatedAt); err != nil {
				return err
			}
			entries = append(entries, e)
			return nil
		})
	return entries, err
}

// Grant gives credits, or takes them when amount is negative, by an
// operator's decision. It is in the audit log.
func Grant(tx *db.Tx, actor, account string, p Product, amount int64, note string) (Entry, error) {
	if amount == 0 {
		return Entry{}, fault.Field("INVALID_REQUEST", "amount", "The amount must not be 0.")
	}
	reason := Granted
	if amount < 0 {
		reason = Adjusted
	}
	e, err := Post(tx, account, p, Entry{Ref: "grant/" + db.NewID(), Delta: amount, Reason: reason, Note: note})
	if errors.Is(err, ErrInsufficient) {
		return e, fault.Field("INVALID_REQUEST", "amount", "The account has fewer credits than are to be taken.")
	}
	if err != nil {
		return e, err
	}
	return e, audit.Append(tx, audit.Entry{Actor: actor, Action: "credit.grant", Subject: account, Detail: fmt.Sprintf("%d %s: %s", amount, p, note)})
}
