package api_test

import (
	"testing"

	"aviso/account"
	"aviso/account/accounttest"
	"aviso/credit"
	"aviso/db"
	"aviso/email"
)

// customer is an account with one key, and a house to call at.
type customer struct {
	*house
	account account.Account
	key     account.Key
	token   string
	calls   int // to send, so far
}

// customer makes an account with credits.
func (h *house) customer(t *testing.T, credits int64) *customer {
	t.Helper()
	c := &customer{house: h}
	h.write(t, func(tx *db.Tx) (err error) {
		c.account, c.key, c.token, err = accounttest.Create(tx, db.NewID()+"@example.com", account.Email, credits)
		return err
	})
	return c
}

// another is the same account with a key more.
func (c *customer) another(t *testing.T) *customer {
	t.Helper()
	other := &customer{house: c.house, account: c.account}
	c.write(t, func(tx *db.Tx) (err error) {
		other.key, other.token, err = account.CreateKey(tx, "test", c.account, account.Email, "another")
		return err
	})
	return other
}

// at is the same customer at another door.
func (c *customer) at(h *house) *customer {
	there := *c
	there.house = h
	return &there
}

func (c *customer) enable(t *testing.T, enabled bool) {
	t.Helper()
	c.write(t, func(tx *db.Tx) error { return account.EnableKey(tx, "test", c.key, enabled) })
}

func (c *customer) suspend(t *testing.T) {
	t.Helper()
	c.write(t, func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
}

func (c *customer) grant(t *testing.T, credits int64) {
	t.Helper()
	c.write(t, func(tx *db.Tx) error {
		_, err := credit.Grant(tx, "test", c.account.ID, credit.Email, credits, "test")
		return err
	})
}

// buyUnlimited makes messages free for 30 days.
func (c *customer) buyUnlimited(t *testing.T) {
	t.Helper()
	c.write(t, func(tx *db.Tx) error {
		_, err := credit.ExtendUnlimited(tx, c.account.ID, credit.Email, 30*24*60*60*1000)
		return err
	})
}

// sender makes an address that may stand in From.
func (h *house) sender(t *testing.T, n email.NewSender) {
	t.Helper()
	if _, err := h.email.AddSender(t.Context(), "test", n); err != nil {
		t.Fatal(err)
	}
}

// assign lets the account send from an address, which sender has made.
func (c *customer) assign(t *testing.T, address string, byDefault bool) {
	t.Helper()
	if _, _, err := c.email.AssignSender(t.Context(), "test", address, c.account.ID, byDefault); err != nil {
		t.Fatal(err)
	}
}

// ledger returns the deltas of the account's entries, oldest first.
func (c *customer) ledger(t *testing.T) []int64 {
	t.Helper()
	var deltas []int64
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		entries, err := credit.History(tx, c.account.ID, credit.Email, 0, 1000)
		for _, e := range entries {
			deltas = append([]int64{e.Delta}, deltas...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return deltas
}

// balance returns the account's credits.
func (c *customer) balance(t *testing.T) int64 {
	t.Helper()
	var b credit.Balance
	err := c.db.Read(t.Context(), func(tx *db.Tx) (err error) {
		b, err = credit.Read(tx, c.account.ID, credit.Email)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Credits
}

// messages returns how many messages the account's log has.
func (c *customer) messages(t *testing.T) int64 {
	t.Helper()
	var n int64
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM email_messages WHERE account_id = $1`, []any{c.account.ID}, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
