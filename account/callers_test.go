package account_test

import (
	"crypto/sha256"
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

func TestIdentify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		if got := c.identify(c.token); got.KeyID != c.key.ID || got.AccountID != c.account.ID {
			t.Errorf("%+v", got)
		}
		sms := account.NewCallers(d, account.SMS)
		for name, token := range map[string]string{"unknown": account.NewToken(account.Email), "another product's": account.NewToken(account.SMS), "none": ""} {
			_, err := c.callers.Identify(t.Context(), token)
			expectCode(t, name, err, "UNAUTHORIZED")
		}
		_, err := sms.Identify(t.Context(), c.token)
		expectCode(t, "at another product", err, "UNAUTHORIZED")
	})
}

// What is remembered saves a question; what is unknown is asked for each time,
// so that a new key works at once.
func TestWhatCallersRemember(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := openURL(t, url)
		c := register(t, d)
		token := account.NewToken(account.Email)
		_, err := c.callers.Identify(t.Context(), token)
		expectCode(t, "before it is made", err, "UNAUTHORIZED")
		hash := sha256.Sum256([]byte(token))
		c.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE api_keys SET hash = $1 WHERE id = $2`, hash[:], c.key.ID)
			return err
		})
		if got := c.identify(token); got.KeyID != c.key.ID {
			t.Errorf("once it is made: %+v", got)
		}

		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		c.identify(token) // without the database
		_, err = c.callers.Identify(t.Context(), "hyd-mail-"+token[10:]+"0")
		expectCode(t, "an invented one, without the database", err, "UNAUTHORIZED")
		_, err = c.callers.Identify(t.Context(), account.NewToken(account.Email))
		if err == nil || code(err) == "UNAUTHORIZED" {
			t.Errorf("an unknown one, without the database: %v", err)
		}
	})
}

// A remembered caller is checked against its key and account before it reads
// anything.
func TestCheck(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		caller := c.identify(c.token)
		check := func() error {
			return d.Read(t.Context(), func(tx *db.Tx) error { return account.Check(tx, caller) })
		}
		expectCode(t, "at first", check(), "")
		c.write(func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
		expectCode(t, "suspended", check(), "ACCOUNT_SUSPENDED")
		c.write(func(tx *db.Tx) error { return account.EnableKey(tx, "test", c.key, false) })
		expectCode(t, "disabled", check(), "KEY_DISABLED")
		c.write(func(tx *db.Tx) error { return account.EnableKey(tx, "test", c.key, true) })
		expectCode(t, "enabled", check(), "ACCOUNT_SUSPENDED")
		c.write(func(tx *db.Tx) error { _, err := account.RotateKey(tx, "test", c.key, account.Email); return err })
		expectCode(t, "rotated", check(), "UNAUTHORIZED")
		c.write(func(tx *db.Tx) error { return account.DeleteKey(tx, "test", c.key) })
		expectCode(t, "deleted", check(), "UNAUTHORIZED")
	})
}
