package account

import (
	"context"
	"time"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// What a link in a mail is for. Its token is good once.
const (
	purposeReset  = "reset"
	purposeVerify = "verify"
)

const (
	resetLasts     = time.Hour
	verifyLasts    = 3 * 24 * time.Hour
	lettersAnHour  = 3  // of a purpose, to one account: nobody's mailbox is flooded
	lettersWaiting = 64 // to be written; more are refused
)

var errLink = fault.Field("TOKEN_INVALID", "token", "This link was used already, or is too old. Ask for a new one.")

// Verify takes the token of a confirmation mail: the account's address is
// proven, and it may send.
func (r *Reception) Verify(ctx context.Context, token string) (Account, error) {
	var a Account
	return a, r.db.Write(ctx, func(tx *db.Tx) (err error) {
		if a, err = takeToken(tx, purposeVerify, token); err != nil {
			return err
		}
		a, err = prove(tx, a)
		return err
	})
}

// ResendVerification has the confirmation mailed again, unless there is nothing
// to confirm.
func (r *Reception) ResendVerification(a Account) error {
	if a.VerifiedAt == 0 && !r.post(letter{purpose: purposeVerify, address: a.Email}) {
		return errManyLetters
	}
	return nil
}

// prove notes that mail to the account's address has arrived.
func prove(tx *db.Tx, a Account) (Account, error) {
	if a.VerifiedAt != 0 {
		return a, nil
	}
	now, err := tx.Now()
	if err != nil {
		return a, err
	}
	a.VerifiedAt = now
	if _, err := tx.Exec(`UPDATE accounts SET verified_at = $1 WHERE id = $2`, now, a.ID); err != nil {
		return a, err
	}
	return a, audit.Append(tx, audit.Entry{Actor: a.ID, Action: "account.verify", Subject: a.ID, Detail: a.Email})
}

// makeToken makes a token for a link, or "" if the account got enough of them.
func makeToken(tx *db.Tx, purpose string, a Account, lasts time.Duration) (token string, err error) {
	now, err := tx.Now()
	if err != nil {
		return "", err
	}
	var lately int64
	err = tx.Row(`SELECT COUNT(*) FROM account_tokens WHERE account_id = $1 AND purpose = $2 AND created_at > $3`,
		[]any{a.ID, purpose, now - time.Hour.Milliseconds()}, &lately)
	if err != nil || lately >= lettersAnHour {
		return "", err
	}
	token = newSecret()
	_, err = tx.Exec(`INSERT INTO account_tokens (hash, purpose, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		hashToken(token), purpose, a.ID, now, now+lasts.Milliseconds())
	return token, err
}

// findToken returns whose token it is, if it is good.
func findToken(tx *db.Tx, purpose, token string) (a Account, err error) {
	now, err := tx.Now()
	if err != nil {
		return a, err
	}
	a, err = scanAccount(func(dest ...any) error {
		return tx.Row(`SELECT `+columns+` FROM account_tokens t JOIN accounts a ON a.id = t.account_id
			WHERE t.hash = $1 AND t.purpose = $2 AND t.expires_at > $3`, []any{hashToken(token), purpose, now}, dest...)
	})
	if db.IsMissing(err) {
		err = errLink
	}
	return a, err
}

// takeToken is findToken for the last time: of two that bring it at once, one
// gets through. The account's other links of the same purpose go with it.
func takeToken(tx *db.Tx, purpose, token string) (Account, error) {
	a, err := findToken(tx, purpose, token)
	if err != nil {
		return a, err
	}
	if n, err := tx.Exec(`DELETE FROM account_tokens WHERE hash = $1`, hashToken(token)); err != nil || n == 0 {
		if err == nil {
			err = errLink
		}
		return a, err
	}
	_, err = tx.Exec(`DELETE FROM account_tokens WHERE account_id = $1 AND purpose = $2`, a.ID, purpose)
	return a, err
}
