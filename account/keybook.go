package account

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"aviso/db"
	"aviso/fault"
)

// KeyBook is the keys, their accounts and their windows that one batch of the
// committer is about.
type KeyBook struct {
	limit  int // calls in a Window; 0 switches the limit off
	now    func() time.Time
	wanted db.Facts[string, keyFacts]

	// full remembers which windows were found full and until when, so that a
	// flood of refused calls does not reach the database.
	mu   sync.Mutex
	full map[string]time.Time
}

type keyFacts struct {
	account   string
	hash      []byte
	enabled   bool
	suspended bool
	unproven  bool // its address has to be confirmed before it sends
	window    window
}

// NewKeyBook returns a book for a limit of calls a minute. The clock is this
// process's, monotonic; it only says how long a full window is remembered.
func NewKeyBook(limit int, now func() time.Time) *KeyBook {
	return &KeyBook{limit: limit, now: now, full: map[string]time.Time{}}
}

// Want asks for a caller's key and window.
func (b *KeyBook) Want(c Caller) { b.wanted.Want(c.KeyID) }

// Know sets what Load would have read about a caller's key: a decision can be
// tried without a database.
func (b *KeyBook) Know(c Caller, enabled, suspended bool) {
	*b.wanted.Want(c.KeyID) = keyFacts{account: c.AccountID, hash: c.hash[:], enabled: enabled, suspended: suspended}
}

// Refusals of a caller, in the contract's words.
var (
	errDisabled  = fault.New(fault.Forbidden, "KEY_DISABLED", "This API key is disabled. Enable it in the dashboard or use another.")
	errSuspended = fault.New(fault.Forbidden, "ACCOUNT_SUSPENDED", "This account is suspended. Write to the operator.")
	errUnproven  = fault.New(fault.Forbidden, "EMAIL_NOT_VERIFIED", "Confirm the account's address first, with the link that was mailed to it. The dashboard mails it again.")
)

// Check says whether the caller may call at all: the first part of the order
// of answers (401, 403), before the call is counted.
func (b *KeyBook) Check(c Caller) *fault.Error {
	k := b.wanted.Get(c.KeyID)
	switch {
	case !bytes.Equal(k.hash, c.hash[:]):
		return ErrUnauthorized
	case !k.enabled:
		return errDisabled
	case k.suspended:
		return errSuspended
	case k.unproven:
		return errUnproven
	}
	return nil
}

// Count counts one call at now, or refuses it with 429.
func (b *KeyBook) Count(c Caller, now int64) *fault.Error {
	if b.limit == 0 {
		return nil
	}
	k := b.wanted.Get(c.KeyID)
	w, wait := k.window.take(now, b.limit)
	if wait > 0 {
		b.mu.Lock()
		// After a minute at most the database is asked again: its clock may
		// have been set back, and forth.
		b.full[c.KeyID] = b.now().Add(min(wait, Window+time.Millisecond))
		b.mu.Unlock()
		return rateLimited(wait)
	}
	b.wanted.Change(c.KeyID).window = w
	return nil
}

// Full answers 429 from memory while the caller's window is known to be full.
// It may be asked at any time, by any goroutine.
func (b *KeyBook) Full(c Caller) *fault.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, ok := b.full[c.KeyID]
	if !ok {
		return nil
	}
	wait := until.Sub(b.now())
	if wait <= 0 {
		delete(b.full, c.KeyID)
		return nil
	}
	return rateLimited(wait)
}

func rateLimited(wait time.Duration) *fault.Error {
	e := fault.New(fault.RateLimited, "RATE_LIMITED", "Too many calls with this key in the last 60 seconds. Wait as long as Retry-After says.")
	e.RetryAfter = wait
	return e
}

var (
	loadKeys = db.NewMany(`SELECT k.id, k.account_id, k.hash, k.enabled, a.suspended_at, a.must_verify AND a.verified_at IS NULL FROM api_keys k
		JOIN accounts a ON a.id = k.account_id WHERE k.id IN ({{$1}})`)
	loadWindows  = db.NewMany(`SELECT key_id, stamps FROM key_windows WHERE key_id IN ({{$1}}) ORDER BY key_id {lock}`)
	writeWindows = db.NewMany(`INSERT INTO key_windows (key_id, stamps) VALUES {{($1, $2)}} ON CONFLICT (key_id) DO UPDATE SET stamps = excluded.stamps`)
)

// Load implements db.Book.
func (b *KeyBook) Load(p *db.Pipeline) {
	ids := b.wanted.Missing(strings.Compare)
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	p.Query(loadWindows, args, func(r db.Row) { b.wanted.Get(r.Text(0)).window = decodeWindow(r.Bytes(1)) })
	// After the windows: whoever waited for a window's lock must not go on
	// with a key that was disabled meanwhile.
	p.Query(loadKeys, args, func(r db.Row) {
		k := b.wanted.Get(r.Text(0))
		k.account, k.hash, k.enabled, k.suspended, k.unproven = r.Text(1), r.Bytes(2), r.Bool(3), !r.Null(4), r.Bool(5)
	})
}

// Apply implements db.Book.
func (b *KeyBook) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range b.wanted.Changed(strings.Compare) {
		args = append(args, id, b.wanted.Get(id).window.encode())
	}
	p.Exec(writeWindows, args)
}

// Keep implements db.Keeper.
func (b *KeyBook) Keep() { b.wanted.Keep() }

// Reset implements db.Book.
func (b *KeyBook) Reset() { b.wanted.Reset() }
