package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

func TestCreateAndFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		var a account.Account
		c.write(func(tx *db.Tx) (err error) {
			a, err = account.Create(tx, "test", account.New{Email: "  Ada.L@Mail.TEST ", PasswordHash: "hash", Admin: true, MustChangePassword: true})
			return err
		})
		want := account.Account{ID: a.ID, Email: "ada.l@mail.test", Name: "ada.l", Admin: true, MustChangePassword: true, CreatedAt: c.clock.Load()}
		if a != want || a.ID == "" {
			t.Errorf("%+v", a)
		}
		for _, name := range []string{a.ID, "ada.l@mail.test", "ADA.L@mail.test"} {
			c.read(func(tx *db.Tx) error {
				got, err := account.Find(tx, name)
				if got != want {
					t.Errorf("%s: %+v", name, got)
				}
				return err
			})
		}
		for _, name := range []string{"", "nobody@mail.test", strings.ToUpper(a.ID), "%"} {
			err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := account.Find(tx, name); return err })
			expectCode(t, name, err, "NOT_FOUND")
		}
		list, err := account.NewStore(d).List(t.Context())
		if err != nil || len(list) != 2 || list[0] != c.account || list[1] != want {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestAddressesOfAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, address := range []string{"", "ada", "@mail.test", "ada@", "a@b@c", "a b@mail.test", "a\n@mail.test", "a@mail.test\x7f", strings.Repeat("a", 251) + "@b.c"} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := account.Create(tx, "test", account.New{Email: address})
				return err
			})
			expectCode(t, address, err, "INVALID_ADDRESS")
			if f := fault.Of(err); f.Field != "email" || f.Kind != fault.Invalid {
				t.Errorf("%q: %+v", address, f)
			}
		}
		if list, err := account.NewStore(d).List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// Many register one address at once, in different spellings: one gets it.
func TestOneAccountForAnAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var all sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for i := range 12 {
			address := []string{"ada@mail.test", "Ada@mail.test", " ADA@MAIL.TEST"}[i%3]
			all.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					_, err := account.Create(tx, "test", account.New{Email: address})
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				codes[code(err)]++
			})
		}
		all.Wait()
		if codes[""] != 1 || codes["EMAIL_TAKEN"] != 11 {
			t.Errorf("%v", codes)
		}
		if list, err := account.NewStore(d).List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestSuspend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		find := func() (a account.Account) {
			c.read(func(tx *db.Tx) (err error) { a, err = account.Find(tx, c.account.ID); return err })
			return a
		}
		unsuspend := func() (since int64) {
			a := find()
			c.write(func(tx *db.Tx) (err error) { since, err = account.Unsuspend(tx, "test", a); return err })
			return since
		}
		if since := unsuspend(); since != 0 {
			t.Errorf("it was suspended since %d", since)
		}
		first := c.clock.Load()
		for range 2 { // the second time is no new beginning
			c.write(func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
			c.pass(time.Hour)
		}
		if a := find(); a.SuspendedAt != first {
			t.Errorf("suspended at %d instead of %d", a.SuspendedAt, first)
		}
		if since := unsuspend(); since != first || find().SuspendedAt != 0 {
			t.Errorf("it was suspended since %d, and is %+v", since, find())
		}
	})
}

func TestPasswordAndPrime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		c.write(func(tx *db.Tx) error {
			return errors.Join(account.SetPassword(tx, "test", c.account, "another hash", true), account.SetPrime(tx, "test", c.account, 1234))
		})
		c.read(func(tx *db.Tx) error {
			var hash string
			a, err := account.Find(tx, c.account.ID)
			if !a.MustChangePassword || a.PrimeUntil != 1234 {
				t.Errorf("%+v", a)
			}
			if err := tx.Row(`SELECT password_hash FROM accounts WHERE id = $1`, []any{a.ID}, &hash); err != nil || hash != "another hash" {
				t.Errorf("%q, %v", hash, err)
			}
			return err
		})
	})
}
