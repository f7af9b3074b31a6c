package main

import (
	"bytes"
	"strings"
	"testing"
)

func newTestVault(t *testing.T, key byte) *vault {
	t.Helper()
	v, err := newVault(bytes.Repeat([]byte{key}, secretKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVaultGivesBack(t *testing.T) {
	v := newTestVault(t, 1)
	for _, plain := range []string{"", "s", strings.Repeat("secret ", 1000)} {
		sealed, again := v.Seal("webhook 1", []byte(plain)), v.Seal("webhook 1", []byte(plain))
		if bytes.Equal(sealed, again) {
			t.Error("equal secrets look equal")
		}
		if len(plain) > 1 && bytes.Contains(sealed, []byte(plain)) {
			t.Error("the secret is in clear")
		}
		got, err := newTestVault(t, 1).Open("webhook 1", sealed)
		if err != nil || string(got) != plain {
			t.Errorf("%q became %q, %v", plain, got, err)
		}
	}
}

func TestVaultStaysShut(t *testing.T) {
	sealed := newTestVault(t, 1).Seal("webhook 1", []byte("secret"))
	changed := func(at int) []byte {
		b := bytes.Clone(sealed)
		b[at] ^= 1
		return b
	}
	for name, c := range map[string]struct {
		key     byte
		purpose string
		sealed  []byte
		want    string
	}{
		"another key":     {2, "webhook 1", sealed, "secrets.key_path"},
		"another row":     {1, "webhook 2", sealed, "webhook 2: "},
		"a changed nonce": {1, "webhook 1", changed(1), "does not open"},
		"a changed end":   {1, "webhook 1", changed(len(sealed) - 1), "does not open"},
		"a cut":           {1, "webhook 1", sealed[:len(sealed)-1], "does not open"},
		"the kind alone":  {1, "webhook 1", sealed[:1], "does not open"},
		"a later kind":    {1, "webhook 1", changed(0), "a later version of Aviso (kind 0)"},
		"nothing":         {1, "webhook 1", nil, "nothing to open"},
	} {
		t.Run(name, func(t *testing.T) {
			plain, err := newTestVault(t, c.key).Open(c.purpose, c.sealed)
			if err == nil || plain != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, %v", plain, err)
			}
		})
	}
	if _, err := newVault([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}
