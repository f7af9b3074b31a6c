package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"aviso/db"
	"aviso/fault"
)

// Caller is who a token says it is. It is a claim until the admission has
// checked it against the key's row inside its transaction.
type Caller struct {
	KeyID     string
	AccountID string
	hash      [sha256.Size]byte
}

// remember is how long a node knows a token without asking again. Staleness
// is harmless: the admission checks, and an unknown token is never remembered.
const remember = time.Minute

const callersAtMost = 100_000

// Callers finds who a token belongs to.
type Callers struct {
	db      *db.DB
	product Product
	now     func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]known
}

type known struct {
	caller Caller
	until  time.Time
}

// NewCallers returns the finder for one product's tokens.
func NewCallers(d *db.DB, p Product, now func() time.Time) *Callers {
	return &Callers{db: d, product: p, now: now, known: map[[sha256.Size]byte]known{}}
}

// ErrUnauthorized is the answer to a token that nobody has.
var ErrUnauthorized = fault.New(fault.Unauthorized, "UNAUTHORIZED", "The API key is not known. Send it as `Authorization: Bearer hyd-mail-...`; keys are made in the dashboard.")

// Identify returns who token belongs to, or ErrUnauthorized.
func (c *Callers) Identify(ctx context.Context, token string) (Caller, error) {
	if !WellFormed(c.product, token) {
		return Caller{}, ErrUnauthorized
	}
	hash := sha256.Sum256([]byte(token))
	now := c.now()
	c.mu.Lock()
	k, ok := c.known[hash]
	c.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.caller, nil
	}
	caller := Caller{hash: hash}
	err := c.db.Peek(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT id, account_id FROM api_keys WHERE hash = $1 AND product = $2`, []any{hash[:], string(c.product)}, &caller.KeyID, &caller.AccountID)
	})
	if db.IsMissing(err) {
		return Caller{}, ErrUnauthorized
	}
	if err != nil {
		return Caller{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= callersAtMost {
		clear(c.known)
	}
	c.known[hash] = known{caller, now.Add(remember)}
	return caller, nil
}

// Check says whether a caller may use its key now: ErrUnauthorized, or the
// Forbidden of a disabled key or a suspended account.
func Check(tx *db.Tx, c Caller) error {
	var hash []byte
	var enabled, suspended bool
	err := tx.Row(`SELECT k.hash, k.enabled, a.suspended_at IS NOT NULL FROM api_keys k JOIN accounts a ON a.id = k.account_id WHERE k.id = $1`,
		[]any{c.KeyID}, &hash, &enabled, &suspended)
	switch {
	case db.IsMissing(err) || err == nil && !bytes.Equal(hash, c.hash[:]):
		return ErrUnauthorized
	case err != nil:
		return err
	case !enabled:
		return errDisabled
	case suspended:
		return errSuspended
	}
	return nil
}
