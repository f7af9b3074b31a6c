package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"time"

	"aviso/db"
	"aviso/fault"
)

// ErrCredentials is the one answer to an unknown address and a wrong password.
var ErrCredentials = fault.New(fault.Unauthorized, "LOGIN_FAILED", "The address or the password is wrong.")

// Login opens a session for who knows the password, and returns its token. An
// address that has no account costs the same statements and the same hash.
func (r *Reception) Login(ctx context.Context, email, password string, from Visitor) (token string, a Account, err error) {
	address := strings.ToLower(strings.TrimSpace(email))
	err = r.c.Passwords.enter(ctx, func() error {
		if err := r.attempt(ctx, address); err != nil {
			return err
		}
		var hash string
		if a, hash, err = r.lookUp(ctx, address); err != nil {
			return err
		}
		fits, stale := r.c.Passwords.compare(password, hash)
		if !fits {
			return ErrCredentials
		}
		renewed := hash
		if stale {
			if renewed, err = r.c.Passwords.create(password); err != nil {
				return err
			}
		}
		return r.db.Write(ctx, func(tx *db.Tx) (err error) {
			if err := replaceHash(tx, a, hash, renewed, ErrCredentials); err != nil {
				return err
			}
			if err := forgetAttempts(tx, address); err != nil {
				return err
			}
			token, err = begin(tx, a.ID, from)
			return err
		})
	})
	if err != nil {
		return "", Account{}, err
	}
	if a.MustVerify && a.VerifiedAt == 0 {
		r.post(letter{purpose: purposeVerify, address: a.Email}) // the one before may be lost
	}
	return token, a, nil
}

// lookUp returns the account of an address and its hash, or nobody's. The
// statement is the same for both.
func (r *Reception) lookUp(ctx context.Context, address string) (a Account, hash string, err error) {
	if known, err := normalise(address); err == nil {
		address = known
	} else {
		address = "" // some texts no database takes, and no account has
	}
	err = r.db.Read(ctx, func(tx *db.Tx) (err error) {
		a, err = scanAccount(func(dest ...any) error {
			return tx.Row(`SELECT a.password_hash, `+columns+` FROM accounts a WHERE a.email = $1`, []any{address}, append([]any{&hash}, dest...)...)
		})
		return err
	})
	if db.IsMissing(err) {
		return Account{}, nobodys, nil
	}
	return a, hash, err
}

// replaceHash renews an account's hash if the one compared is still its own; if
// it was changed in this very moment, the refusal is returned.
func replaceHash(tx *db.Tx, a Account, compared, renewed string, refusal error) error {
	n, err := tx.Exec(`UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3`, renewed, a.ID, compared)
	if err == nil && n == 0 {
		err = refusal
	}
	return err
}

var errWrongPassword = fault.Field("WRONG_PASSWORD", "current", "This is not the current password.")

// ChangePassword replaces the password of who knows it, ends all sessions but
// the one with the id session, and is slowed like signing in: a session left
// open must not be a place to guess.
func (r *Reception) ChangePassword(ctx context.Context, a Account, session, current, next string) error {
	if err := checkPassword("new", next); err != nil {
		return err
	}
	if next == current {
		return fault.Field("INVALID_REQUEST", "new", "The new password must be another than the current one.")
	}
	return r.c.Passwords.enter(ctx, func() error {
		if err := r.attempt(ctx, a.Email); err != nil {
			return err
		}
		a, hash, err := r.lookUp(ctx, a.Email)
		if err != nil {
			return err
		}
		if fits, _ := r.c.Passwords.compare(current, hash); !fits {
			return errWrongPassword
		}
		renewed, err := r.c.Passwords.create(next)
		if err != nil {
			return err
		}
		return r.db.Write(ctx, func(tx *db.Tx) error {
			if err := replaceHash(tx, a, hash, renewed, errWrongPassword); err != nil {
				return err
			}
			if err := forgetAttempts(tx, a.Email); err != nil {
				return err
			}
			return setPassword(tx, a.ID, a, renewed, false, session)
		})
	})
}

// How an address is slowed, whoever tries, over all nodes: after freeAttempts
// each further one waits twice as long as the one before, a minute at most. So
// nobody guesses more than 1,440 passwords a day, and nobody can lock an owner
// out: a reset by mail lets them in at once.
const (
	freeAttempts      = 5
	longestWait       = time.Minute
	attemptsForgotten = time.Hour // after the last
)

// attempt counts a try before its outcome is known, so that many at once are
// no way around. The row is the address's hash: what strangers type is not kept.
// Its number is bounded by how fast passwords can be checked.
func (r *Reception) attempt(ctx context.Context, address string) error {
	name := sha256.Sum256([]byte(address))
	return r.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var attempts, last int64
		// The update that changes nothing locks the row.
		err = tx.Row(`INSERT INTO login_attempts (address, attempts, last_at) VALUES ($1, 0, $2)
			ON CONFLICT (address) DO UPDATE SET attempts = login_attempts.attempts RETURNING attempts, last_at`, []any{name[:], now}, &attempts, &last)
		if err != nil {
			return err
		}
		if now-last >= attemptsForgotten.Milliseconds() {
			attempts = 0
		}
		if wait := time.Duration(last-now)*time.Millisecond + waitAfter(attempts); wait > 0 {
			f := fault.New(fault.RateLimited, "RATE_LIMITED", fmt.Sprintf("Too many tries with this address. Wait %d seconds, or reset the password.", int64(math.Ceil(wait.Seconds()))))
			f.RetryAfter = wait
			return f
		}
		_, err = tx.Exec(`UPDATE login_attempts SET attempts = $1, last_at = $2 WHERE address = $3`, attempts+1, now, name[:])
		return err
	})
}

// waitAfter is how long the try after so many waits.
func waitAfter(attempts int64) time.Duration {
	if attempts < freeAttempts {
		return 0
	}
	return min(longestWait, time.Second<<min(attempts-freeAttempts, 10))
}

func forgetAttempts(tx *db.Tx, address string) error {
	name := sha256.Sum256([]byte(address))
	_, err := tx.Exec(`DELETE FROM login_attempts WHERE address = $1`, name[:])
	return err
}
