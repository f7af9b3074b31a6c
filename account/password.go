package account

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"aviso/fault"
)

// Passwords hashes and checks passwords, a bounded number at a time: each
// takes 64 MiB, and a flood of logins must not take them all at once.
type Passwords struct{ places chan struct{} }

// NewPasswords returns a hasher that runs at most n at a time.
func NewPasswords(n int) *Passwords { return &Passwords{make(chan struct{}, n)} }

// Hash returns the argon2id hash of a password of 10 to 200 characters.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < 10 || n > 200 || strings.TrimSpace(password) == "" {
		return "", fault.Field("INVALID_REQUEST", "password", "The password must have 10 to 200 characters.")
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return argon2id.CreateHash(password, argon2id.DefaultParams)
}
