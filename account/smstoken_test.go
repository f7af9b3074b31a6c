package account_test

import (
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

// An account has one SMS token, also when many ask for the first at once; a new
// one takes the place of the old.
func TestSMSToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		callers := account.NewCallers(d, account.SMS)
		find := func() (token account.SMSToken, ok bool) {
			c.read(func(tx *db.Tx) (err error) { token, ok, err = account.FindSMSToken(tx, c.account.ID); return err })
			return token, ok
		}
		rotate := func() (token string) {
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				token, err = account.RotateSMSToken(tx, "test", c.account)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return token
		}
		if token, ok := find(); ok || token != (account.SMSToken{}) {
			t.Errorf("before the first: %+v", token)
		}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { rotate() })
		}
		all.Wait()
		if n := c.count(`SELECT COUNT(*) FROM api_keys WHERE product = 'sms'`); n != 1 {
			t.Errorf("%d tokens", n)
		}
		old := rotate()
		c.pass(time.Minute)
		token := rotate()
		if got, ok := find(); !ok || got != (account.SMSToken{Prefix: "hyd-sms-", Last4: token[len(token)-4:], CreatedAt: c.clock.Load()}) {
			t.Errorf("%+v", got)
		}
		if caller, err := callers.Identify(t.Context(), token); err != nil || caller.AccountID != c.account.ID {
			t.Errorf("%+v, %v", caller, err)
		}
		_, err := callers.Identify(t.Context(), old)
		expectCode(t, "the one before", err, "UNAUTHORIZED")
		c.identify(c.token) // the account's email key is as it was
	})
}
