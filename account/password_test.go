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
