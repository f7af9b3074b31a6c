package account_test

import (
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

// What is no text names nobody, and is nobody's address, on either database.
func TestFindNoText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, s := range []string{"\x00", "ada\x00@example.com", "\xff", "ada@example.com\xff", "\xed\xa0\x80@example.com"} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := account.Find(tx, s)
				return err
			})
			if f := fault.Of(err); err == nil || f.Kind != fault.NotFound {
				t.Errorf("finding %q: %v", s, err)
			}
			err = d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := account.Create(tx, "test", account.New{Email: s, Name: "Ada"})
				return err
			})
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Field != "email" {
				t.Errorf("an account of %q: %v", s, err)
			}
		}
	})
}
