package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/acme/autocert"

	"aviso/db"
	"aviso/db/dbtest"
)

func TestCertificateStore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := newTestVault(t, 1)
		a, b := &certificateStore{d, v, "https://ca.example/dir", "a"}, &certificateStore{d, v, "https://ca.example/dir", "b"}
		tests := &certificateStore{d, v, "https://tests.example/dir", "a"}
		stranger := &certificateStore{d, newTestVault(t, 2), "https://ca.example/dir", "c"}
		secret := []byte("PRIVATE KEY")
		for _, name := range []string{"a.example", "a.example+rsa", "a.example+token", "acme_account+key"} {
			if _, err := a.Get(t.Context(), name); !errors.Is(err, autocert.ErrCacheMiss) {
				t.Fatal(err)
			}
			for range 2 { // the second replaces the first
				if err := a.Put(t.Context(), name, secret); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := b.Get(t.Context(), name); err != nil || !bytes.Equal(got, secret) {
				t.Errorf("the other node reads %q, %v", got, err)
			}
			if _, err := tests.Get(t.Context(), name); !errors.Is(err, autocert.ErrCacheMiss) {
				t.Errorf("what another directory gave out is shown: %v", err)
			}
			if got, err := stranger.Get(t.Context(), name); got != nil || err == nil || !strings.Contains(err.Error(), "secrets.key_path") {
				t.Errorf("with another key: %q, %v", got, err)
			}
		}
		var data []byte
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row(`SELECT data FROM certificates WHERE name = $1`, []any{"a.example"}, &data)
		})
		if err != nil || bytes.Contains(data, secret) {
			t.Errorf("the database has %q, %v", data, err)
		}
		for range 2 { // what is not there is deleted without an error
			if err := a.Delete(t.Context(), "a.example+token"); err != nil {
				t.Error(err)
			}
		}
		if _, err := b.Get(t.Context(), "a.example+token"); !errors.Is(err, autocert.ErrCacheMiss) {
			t.Error("a challenge that is over is answered")
		}
	})
}

func TestOneNodeFetches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := int64(1_000_000)
		d.SetClock(func() int64 { return now })
		v := newTestVault(t, 1)
		a, b := &certificateStore{d, v, "dir", "a"}, &certificateStore{d, v, "dir", "b"}
		wants := func(s *certificateStore, name string, want error) {
			t.Helper()
			if _, err := s.Get(t.Context(), name); !errors.Is(err, want) {
				t.Errorf("%s asks for %s: %v, not %v", s.holder, name, err, want)
			}
		}
		wants(a, "a.example", autocert.ErrCacheMiss)
		wants(a, "a.example", autocert.ErrCacheMiss) // a second client of the same node
		wants(b, "a.example", errAnotherNode)
		wants(b, "a.example+rsa", errAnotherNode) // whose challenge would be for the same name
		wants(b, "b.example", autocert.ErrCacheMiss)
		wants(b, "a.example+token", autocert.ErrCacheMiss)
		wants(b, "acme_account+key", autocert.ErrCacheMiss)
		now += turnFor.Milliseconds()
		wants(b, "a.example", errAnotherNode)
		now++
		wants(b, "a.example", autocert.ErrCacheMiss) // the first has died, or failed
		wants(a, "a.example", errAnotherNode)
		if err := b.Put(t.Context(), "a.example", []byte("certificate")); err != nil {
			t.Fatal(err)
		}
		wants(a, "a.example", nil)
		wants(a, "a.example+rsa", autocert.ErrCacheMiss) // nobody's turn any more
	})
}
