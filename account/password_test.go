package account

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"

	"aviso/fault"
)

func TestHash(t *testing.T) {
	p := NewPasswords(2)
	const password = "zehn Zeichen, é und \U0001f511"
	hash, err := p.Hash(t.Context(), password)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,") {
		t.Fatalf("%s, %v", hash, err)
	}
	for candidate, want := range map[string]bool{password: true, password + " ": false} {
		if ok, err := argon2id.ComparePasswordAndHash(candidate, hash); err != nil || ok != want {
			t.Errorf("%q: %t, %v", candidate, ok, err)
		}
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	for name, password := range map[string]string{"none": "", "nine": "123456789", "201": strings.Repeat("é", 201), "spaces": strings.Repeat(" ", 20)} {
		_, err := NewPasswords(1).Hash(t.Context(), password)
		if f := fault.Of(err); f.Kind != fault.Invalid || f.Field != "password" || password != "" && strings.Contains(f.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A flood waits for its turn, or goes when its callers do.
func TestHashesAreBounded(t *testing.T) {
	p := NewPasswords(1)
	p.places <- struct{}{} // somebody else is at it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Hash(ctx, "a long enough one"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-p.places
	if _, err := p.Hash(t.Context(), "a long enough one"); err != nil || len(p.places) != 0 {
		t.Errorf("%d places taken, %v", len(p.places), err)
	}
}

// A login with an unknown address is compared with a hash that costs the same
// and fits nothing.
func TestNobodysHash(t *testing.T) {
	params, _, _, err := argon2id.DecodeHash(nobodys)
	if err != nil || *params != *hashing() {
		t.Errorf("%+v, %v", params, err)
	}
	p := NewPasswords(1)
	for _, hash := range []string{nobodys, "", "no hash"} {
		if fits, _ := p.compare("", hash); fits {
			t.Errorf("%q fits", hash)
		}
	}
}

// Only so many are kept waiting.
func TestHashesThatWaitAreBounded(t *testing.T) {
	p := NewPasswords(1)
	p.waiting.Store(waitingAtMost + 1)
	_, err := p.Hash(t.Context(), "a long enough one")
	if f := fault.Of(err); f.Kind != fault.Unavailable || f.RetryAfter == 0 || p.Computed() != 0 {
		t.Errorf("%v", err)
	}
	if n := p.waiting.Load(); n != waitingAtMost+1 {
		t.Errorf("%d are counted", n)
	}
}
