package account

import (
	"fmt"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// FollowPrime moves the end of an account's Prime with what it has paid for:
// until before, and now until after, both in milliseconds UTC, 0 for nothing.
// What an operator granted with SetPrime stays, and the later end counts; what
// is paid for may end earlier than it was to.
func FollowPrime(tx *db.Tx, actor, id string, before, after int64) error {
	var until, granted int64
	err := tx.Row(`SELECT COALESCE(prime_until, 0), prime_granted FROM accounts WHERE id = $1 {lock}`, []any{id}, &until, &granted)
	if db.IsMissing(err) {
		return fault.New(fault.NotFound, "NOT_FOUND", "There is no account "+id+".")
	}
	if err != nil {
		return err
	}
	// An end that is not what the last call left was set by an operator since.
	if until != max(granted, before) {
		granted = until
	}
	end := max(granted, after)
	if _, err := tx.Exec(`UPDATE accounts SET prime_until = $1, prime_granted = $2 WHERE id = $3`, end, granted, id); err != nil || end == until {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "account.prime", Subject: id, Detail: fmt.Sprintf("paid until %d", after)})
}
