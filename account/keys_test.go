package account_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

func TestCreateKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		want := account.Key{ID: c.key.ID, AccountID: c.account.ID, Name: "first", Last4: c.token[len(c.token)-4:], Enabled: true, CreatedAt: c.clock.Load()}
		if c.key != want || !account.WellFormed(account.Email, c.token) {
			t.Errorf("%+v, %s", c.key, c.token)
		}
		c.read(func(tx *db.Tx) error {
			k, err := account.FindKey(tx, c.account.ID, c.key.ID)
			if k != want {
				t.Errorf("%+v", k)
			}
			return err
		})
		hash := sha256.Sum256([]byte(c.token))
		if n := c.count(`SELECT COUNT(*) FROM api_keys WHERE hash = $1`, hash[:]); n != 1 {
			t.Error("the token cannot be found by its hash")
		}
	})
}

func TestNamesOfKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		create := func(name string) error {
			return d.Write(t.Context(), func(tx *db.Tx) error {
				_, _, err := account.CreateKey(tx, "test", c.account, account.Email, name)
				return err
			})
		}
		for _, name := range []string{"", "  ", strings.Repeat("é", 101), "a\x00b", "a\nb", "\xff", "a\x7f"} {
			expectCode(t, fmt.Sprintf("%q", name), create(name), "INVALID_REQUEST")
		}
		for _, name := range []string{"a", strings.Repeat("é", 100), "  billing & CI  ", "first"} {
			expectCode(t, name, create(name), "")
		}
		if n := c.count(`SELECT COUNT(*) FROM api_keys WHERE name = 'billing & CI'`); n != 1 {
			t.Error("the name is not trimmed")
		}
	})
}

// A key is listed with its own account and product, and a foreign one is as
// missing as one that never was.
func TestWhoseKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		var other account.Account
		var second, sms, foreign account.Key
		c.write(func(tx *db.Tx) (err error) {
			if other, err = account.Create(tx, "test", account.New{Email: "other@mail.test"}); err != nil {
				return err
			}
			for _, k := range []struct {
				key     *account.Key
				owner   account.Account
				product account.Product
			}{{&second, c.account, account.Email}, {&sms, c.account, account.SMS}, {&foreign, other, account.Email}} {
				if *k.key, _, err = account.CreateKey(tx, "test", k.owner, k.product, "key"); err != nil {
					return err
				}
			}
			return nil
		})
		store := account.NewStore(d)
		for _, l := range []struct {
			account string
			product account.Product
			want    []account.Key
		}{
			{c.account.ID, account.Email, []account.Key{c.key, second}},
			{c.account.ID, account.SMS, []account.Key{sms}},
			{other.ID, account.Email, []account.Key{foreign}},
			{other.ID, account.SMS, []account.Key{}},
			{"", account.Email, []account.Key{c.key, second, foreign}},
		} {
			got, err := store.Keys(t.Context(), l.account, l.product)
			if err != nil || got == nil || fmt.Sprint(got) != fmt.Sprint(l.want) {
				t.Errorf("%s keys of %q: %+v, %v", l.product, l.account, got, err)
			}
		}
		find := func(account_, id string) error {
			return d.Read(t.Context(), func(tx *db.Tx) error { _, err := account.FindKey(tx, account_, id); return err })
		}
		expectCode(t, "its own", find(c.account.ID, c.key.ID), "")
		expectCode(t, "a foreign one", find(other.ID, c.key.ID), "NOT_FOUND")
		expectCode(t, "none", find(c.account.ID, "nothing"), "NOT_FOUND")
		expectCode(t, "any, for an operator", find("", foreign.ID), "")
		expectCode(t, "its SMS token", find(c.account.ID, sms.ID), "NOT_FOUND")
		expectCode(t, "an SMS token, for an operator", find("", sms.ID), "NOT_FOUND")
	})
}

// The log names keys, so the row of a deleted one stays; its token does not
// come back, and it is in no list.
func TestDeleteKeepsTheRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		c.pass(time.Second)
		c.write(func(tx *db.Tx) error { return account.DeleteKey(tx, "test", c.key) })
		if n := c.count(`SELECT COUNT(*) FROM api_keys WHERE id = $1 AND name = 'first' AND hash IS NULL AND deleted_at = $2`, c.key.ID, c.clock.Load()); n != 1 {
			t.Error("the row is not there, or not without its hash")
		}
		if n := c.count(`SELECT COUNT(*) FROM key_windows`); n != 0 {
			t.Error("its window is still there")
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := account.FindKey(tx, "", c.key.ID); return err })
		expectCode(t, "finding it", err, "NOT_FOUND")
		if keys, err := account.NewStore(d).Keys(t.Context(), "", account.Email); err != nil || len(keys) != 0 {
			t.Errorf("%+v, %v", keys, err)
		}
		_, err = c.callers.Identify(t.Context(), c.token)
		expectCode(t, "its token", err, "UNAUTHORIZED")
		// Two deleted keys have no hash both.
		var second account.Key
		c.write(func(tx *db.Tx) (err error) {
			second, _, err = account.CreateKey(tx, "test", c.account, account.Email, "second")
			return err
		})
		c.write(func(tx *db.Tx) error { return account.DeleteKey(tx, "test", second) })
	})
}

// Every act on an account or a key is recorded with who did it, and no token
// is written anywhere.
func TestActsAreRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		var rotated string
		c.write(func(tx *db.Tx) (err error) {
			for _, act := range []func() error{
				func() error { return account.SetPassword(tx, "ada", c.account, "hash", false) },
				func() error { return account.SetPrime(tx, "ada", c.account, 1) },
				func() error { return account.Suspend(tx, "ada", c.account) },
				func() error { _, err := account.Unsuspend(tx, "ada", c.account); return err },
				func() error { return account.EnableKey(tx, "ada", c.key, false) },
				func() error { return account.EnableKey(tx, "ada", c.key, true) },
				func() error { rotated, err = account.RotateKey(tx, "ada", c.key, account.Email); return err },
				func() error { return account.DeleteKey(tx, "ada", c.key) },
			} {
				if err := act(); err != nil {
					return err
				}
			}
			return nil
		})
		var acts []string
		c.read(func(tx *db.Tx) error {
			return tx.Rows(`SELECT actor, action, subject, detail FROM audit_entries ORDER BY id`, nil, func(scan func(...any) error) error {
				var actor, action, subject, detail string
				err := scan(&actor, &action, &subject, &detail)
				want := c.account.ID
				if strings.HasPrefix(action, "key.") {
					want = c.key.ID
				}
				if subject != want || strings.Contains(detail, c.token[:20]) || strings.Contains(detail, rotated[:20]) {
					t.Errorf("%s of %s: %s", action, subject, detail)
				}
				acts = append(acts, actor+" "+action)
				return err
			})
		})
		const want = "test account.create, test key.create, ada account.password, ada account.prime, ada account.suspend, ada account.unsuspend, ada key.disable, ada key.enable, ada key.rotate, ada key.delete"
		if got := strings.Join(acts, ", "); got != want {
			t.Error(got)
		}
	})
}
