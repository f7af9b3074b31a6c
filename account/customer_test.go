package account_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/fault"
)

// customer is an account with one key, in a database whose clock stands still
// unless the test moves it.
type customer struct {
	t       *testing.T
	db      *db.DB
	clock   atomic.Int64 // milliseconds UTC
	account account.Account
	key     account.Key
	token   string
	callers *account.Callers
}

func register(t *testing.T, d *db.DB) *customer {
	t.Helper()
	c := &customer{t: t, db: d}
	c.clock.Store(1_700_000_000_000)
	d.SetClock(c.clock.Load)
	c.write(func(tx *db.Tx) (err error) {
		if c.account, err = account.Create(tx, "test", account.New{Email: "owner@mail.test"}); err != nil {
			return err
		}
		c.key, c.token, err = account.CreateKey(tx, "test", c.account, account.Email, "first")
		return err
	})
	c.callers = account.NewCallers(d, account.Email)
	return c
}

// openURL opens a database once more, as another node would.
func openURL(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the test may have done it
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// registerOnTwo opens a database for two nodes, whose clocks are one, with a
// customer who has registered at the first.
func registerOnTwo(t *testing.T, url string) (*customer, []*db.DB) {
	t.Helper()
	nodes := []*db.DB{openURL(t, url), openURL(t, url)}
	c := register(t, nodes[0])
	nodes[1].SetClock(c.clock.Load)
	return c, nodes
}

func (c *customer) now() time.Time { return time.UnixMilli(c.clock.Load()) }

func (c *customer) pass(d time.Duration) { c.clock.Add(d.Milliseconds()) }

func (c *customer) write(f func(*db.Tx) error) {
	c.t.Helper()
	if err := c.db.Write(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

func (c *customer) read(f func(*db.Tx) error) {
	c.t.Helper()
	if err := c.db.Read(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

func (c *customer) count(query string, args ...any) (n int64) {
	c.t.Helper()
	c.read(func(tx *db.Tx) error { return tx.Row(query, args, &n) })
	return n
}

func (c *customer) identify(token string) account.Caller {
	c.t.Helper()
	caller, err := c.callers.Identify(c.t.Context(), token)
	if err != nil {
		c.t.Fatal(err)
	}
	return caller
}

// code is the code of a fault; empty when err is nil.
func code(err error) string {
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f != nil:
		return f.Code
	case err != nil && f == nil:
		return "no fault: " + err.Error()
	}
	return ""
}

func expectCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}
