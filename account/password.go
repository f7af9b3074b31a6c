package account

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"aviso/fault"
)

// Passwords hashes and checks passwords, a bounded number at a time: each
// takes 64 MiB, and a flood of logins must not take them all at once.
type Passwords struct {
	places  chan struct{}
	waiting atomic.Int64
	done    atomic.Int64
}

// waitingAtMost is how many may wait for a place: about two seconds' worth.
// Whoever comes then is told to come again instead of being kept.
const waitingAtMost = 32

// hashing is what a hash costs. It is the same on every machine (the library's
// own default follows the number of processors), so that nodes do not rehash
// each other's. RFC 9106, section 4: lanes 4, 64 MiB; one pass is what OWASP
// asks for with that much memory.
func hashing() *argon2id.Params {
	return &argon2id.Params{Memory: 64 * 1024, Iterations: 1, Parallelism: 4, SaltLength: 16, KeyLength: 32}
}

// nobodys is the hash of no password: what a login with an unknown address is
// compared with, so that it is the same work.
const nobodys = "$argon2id$v=19$m=65536,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$vdCr7vlKEbZRo3WqZ5XtWbWWGuVTvOPmuRdjGoSr+yo"

// NewPasswords returns a hasher that runs at most n at a time.
func NewPasswords(n int) *Passwords { return &Passwords{places: make(chan struct{}, n)} }

// Hash returns the argon2id hash of a password of 10 to 200 characters.
func (p *Passwords) Hash(ctx context.Context, password string) (hash string, err error) {
	if err := checkPassword("password", password); err != nil {
		return "", err
	}
	err = p.enter(ctx, func() (err error) {
		hash, err = p.create(password)
		return err
	})
	return hash, err
}

// Computed is how many hashes were computed so far.
func (p *Passwords) Computed() int64 { return p.done.Load() }

// checkPassword holds a new password, which came in field, to the rules.
func checkPassword(field, password string) error {
	if n := utf8.RuneCountInString(password); n < 10 || n > 200 || strings.TrimSpace(password) == "" {
		return fault.Field("INVALID_REQUEST", field, "The password must have 10 to 200 characters.")
	}
	return nil
}

// enter runs f in one of the places. What f asks the database for meanwhile is
// bounded by them too.
func (p *Passwords) enter(ctx context.Context, f func() error) error {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > waitingAtMost+int64(cap(p.places)) {
		return fault.Later("Too many are signing in at this moment. Try again.", 2*time.Second, nil)
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return f()
}

// create hashes a password. The caller has a place.
func (p *Passwords) create(password string) (string, error) {
	p.done.Add(1)
	return argon2id.CreateHash(password, hashing())
}

// compare says whether password is the one of hash, and whether the hash was
// made with other parameters than today's. A hash that is none, such as that of
// an account nobody can sign in to, costs the same and fits nothing. The caller
// has a place.
func (p *Passwords) compare(password, hash string) (fits, stale bool) {
	p.done.Add(1)
	fits, params, err := argon2id.CheckHash(password, hash)
	if err != nil {
		// The same work for an account without a password.
		_, _, _ = argon2id.CheckHash(password, nobodys)
		return false, false
	}
	return fits && hash != nobodys, *params != *hashing()
}
