package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"

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

// callersAtMost bounds what is remembered.
const callersAtMost = 100_000

// Callers finds who a token belongs to, and remembers it. Being out of date is
// harmless: the admission checks, and an unknown token is never remembered.
type Callers struct {
	db      *db.DB
	product Product

	mu    sync.Mutex
	known map[[sha256.Size]byte]Caller
}

// NewCallers returns the finder for one product's tokens.
func NewCallers(d *db.DB, p Product) *Callers {
	return &Callers{db: d, product: p, known: map[[sha256.Size]byte]Caller{}}
}

// ErrUnauthorized is the answer to a token that nobody has.
var ErrUnauthorized = fault.New(fault.Unauthorized, "UNAUTHORIZED", "The API key is not known. Send it as `Authorization: Bearer hyd-mail-...`; keys are made in the dashboard.")

// Identify returns who token belongs to, or ErrUnauthorized.
func (c *Callers) Identify(ctx context.Context, token string) (Caller, error) {
	if !WellFormed(c.product, token) {
		return Caller{}, ErrUnauthorized
	}
	hash := sha256.Sum256([]byte(token))
	c.mu.Lock()
	caller, ok := c.known[hash]
	c.mu.Unlock()
	if ok {
		return caller, nil
	}
	caller.hash = hash
	err := c.db.LookUp(ctx, `SELECT id, account_id FROM api_keys WHERE hash = $1 AND product = $2`, []any{hash[:], string(c.product)}, &caller.KeyID, &caller.AccountID)
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
	c.known[hash] = caller
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
