package account

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"aviso/db"
	"aviso/fault"
)

// IdempotencyLife is how long an Idempotency-Key is remembered, from admission.
const IdempotencyLife = 24 * time.Hour

// Claim is one call with an Idempotency-Key.
type Claim struct {
	Account  string
	Route    string
	Key      string
	BodyHash [32]byte // SHA-256 of the raw body
}

// History is what became of the calls before with the same key.
type History uint8

// The histories of a key.
const (
	Fresh       History = iota // none, or so long ago that it is forgotten
	Answered                   // Record.Status and Record.Answer are to be given again
	Differs                    // the same key came with another body
	Running                    // the call before has no answer yet
	Interrupted                // it never got one: Record.MessageID is to be resumed
)

// Record is what is remembered of a key.
type Record struct {
	MessageID string
	Status    int // HTTP status; 0 while running, -1 interrupted
	Answer    []byte
}

const statusInterrupted = -1

type claimKey struct{ account, route, key string }

// IdempotencyBook is the idempotency keys that one batch of the committer is
// about. A row is made while loading, so that it is known, and locked, whose
// it is before anything is decided; what was refused leaves no trace.
type IdempotencyBook struct {
	wanted map[claimKey]*claimFacts
	// interrupted are messages that will never be answered.
	interrupted []any
}

type claimFacts struct {
	claim      Claim
	Record     Record
	bodyHash   []byte
	admittedAt int64 // 0: the row was made by this batch, and goes again unless somebody begins it
	write      bool
}

// NewIdempotencyBook returns an empty book.
func NewIdempotencyBook() *IdempotencyBook {
	return &IdempotencyBook{wanted: map[claimKey]*claimFacts{}}
}

// Want asks for a claim's row, to begin a call with it or to answer one.
func (b *IdempotencyBook) Want(c *Claim) {
	if k := (claimKey{c.Account, c.Route, c.Key}); b.wanted[k] == nil {
		b.wanted[k] = &claimFacts{claim: *c}
	}
}

func (b *IdempotencyBook) of(c *Claim) *claimFacts {
	return b.wanted[claimKey{c.Account, c.Route, c.Key}]
}

// Fault is what a call is refused with for its key's history, when another call
// would be a new what; nil if it may go on, or has its answer already.
func (h History) Fault(what string) *fault.Error {
	switch h {
	case Differs:
		return fault.New(fault.Conflict, "IDEMPOTENCY_KEY_REUSED",
			"This Idempotency-Key was used with another body in the last 24 hours. Use a new key for a new "+what+".")
	case Running:
		f := fault.New(fault.Conflict, "IDEMPOTENCY_IN_PROGRESS", "The call before with this Idempotency-Key is still running. Ask again.")
		f.RetryAfter = time.Second
		return f
	}
	return nil
}

// Look says what happened to the claim's key before.
func (b *IdempotencyBook) Look(c *Claim, now int64) (History, Record) {
	f := b.of(c)
	switch {
	case f.admittedAt == 0 || now-f.admittedAt >= IdempotencyLife.Milliseconds():
		return Fresh, Record{}
	case !bytes.Equal(f.bodyHash, c.BodyHash[:]):
		return Differs, Record{}
	case f.Record.Status == statusInterrupted:
		return Interrupted, f.Record
	case f.Record.Status == 0:
		return Running, Record{}
	}
	return Answered, f.Record
}

// Begin makes the claim the caller's: message is being sent for it.
func (b *IdempotencyBook) Begin(c *Claim, message string, now int64) {
	f := b.of(c)
	f.Record = Record{MessageID: message}
	f.bodyHash, f.admittedAt, f.write = c.BodyHash[:], now, true
}

// Answer stores what the claim's call was answered.
func (b *IdempotencyBook) Answer(c *Claim, status int, body []byte) {
	f := b.of(c)
	f.Record.Status, f.Record.Answer, f.write = status, body, true
}

// Interrupt notes that the call which sent message will never be answered, so
// that the next with its key and body resumes it. The row is found by the
// message: who notices does not know the key.
func (b *IdempotencyBook) Interrupt(message string) {
	b.interrupted = append(b.interrupted, message)
}

var (
	claimKeys = db.NewMany(`INSERT INTO idempotency_keys (account_id, route, key, body_hash, message_id, status, admitted_at)
		VALUES {{($1, $2, $3, $4, '', 0, 0)}} ON CONFLICT (account_id, route, key) DO NOTHING`)
	loadClaims = db.NewMany(`SELECT account_id, route, key, body_hash, message_id, status, answer, admitted_at FROM idempotency_keys
		WHERE (account_id, route, key) IN (VALUES {{($1, $2, $3)}}) ORDER BY account_id, route, key {lock}`)
	writeClaims = db.NewMany(`INSERT INTO idempotency_keys (account_id, route, key, body_hash, message_id, status, answer, admitted_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8)}} ON CONFLICT (account_id, route, key) DO UPDATE SET body_hash = excluded.body_hash,
		message_id = excluded.message_id, status = excluded.status, answer = excluded.answer, admitted_at = excluded.admitted_at`)
	removeClaims    = db.NewMany(`DELETE FROM idempotency_keys WHERE (account_id, route, key) IN (VALUES {{($1, $2, $3)}})`)
	interruptClaims = db.NewMany(`UPDATE idempotency_keys SET status = -1 WHERE status = 0 AND message_id IN ({{$1}})`)
)

// Load implements db.Book.
func (b *IdempotencyBook) Load(p *db.Pipeline) {
	var claims, keys []any
	for _, f := range b.sorted() {
		claims = append(claims, f.claim.Account, f.claim.Route, f.claim.Key, f.claim.BodyHash[:])
		keys = append(keys, f.claim.Account, f.claim.Route, f.claim.Key)
	}
	p.Exec(claimKeys, claims)
	p.Query(loadClaims, keys, func(r db.Row) {
		f := b.wanted[claimKey{r.Text(0), r.Text(1), r.Text(2)}]
		f.bodyHash, f.admittedAt = r.Bytes(3), r.Int(7)
		f.Record = Record{MessageID: r.Text(4), Status: int(r.Int(5)), Answer: r.Bytes(6)}
	})
}

// Apply implements db.Book.
func (b *IdempotencyBook) Apply(p *db.Pipeline) {
	var write, remove []any
	for _, f := range b.sorted() {
		c := f.claim
		switch {
		case f.write:
			write = append(write, c.Account, c.Route, c.Key, f.bodyHash, f.Record.MessageID, int64(f.Record.Status), f.Record.Answer, f.admittedAt)
		case f.admittedAt == 0:
			remove = append(remove, c.Account, c.Route, c.Key)
		}
	}
	p.Exec(writeClaims, write)
	p.Exec(removeClaims, remove)
	p.Exec(interruptClaims, b.interrupted)
}

// Reset implements db.Book.
func (b *IdempotencyBook) Reset() {
	clear(b.wanted)
	b.interrupted = nil
}

func (b *IdempotencyBook) sorted() []*claimFacts {
	list := make([]*claimFacts, 0, len(b.wanted))
	for _, f := range b.wanted {
		list = append(list, f)
	}
	slices.SortFunc(list, func(x, y *claimFacts) int {
		return cmp.Or(cmp.Compare(x.claim.Account, y.claim.Account), cmp.Compare(x.claim.Route, y.claim.Route), cmp.Compare(x.claim.Key, y.claim.Key))
	})
	return list
}

// ForgetClaims removes keys whose life is over, at most limit of them, and
// returns how many there were.
func ForgetClaims(tx *db.Tx, limit int64) (int64, error) {
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM idempotency_keys WHERE (account_id, route, key) IN
		(SELECT account_id, route, key FROM idempotency_keys WHERE admitted_at < $1 ORDER BY admitted_at LIMIT $2)`, now-IdempotencyLife.Milliseconds(), limit)
}
