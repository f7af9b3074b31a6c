package credit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

func verified(t *testing.T, d *db.DB) (credit.Verified, []string) {
	t.Helper()
	found := []string{}
	v, err := credit.Verify(context.Background(), d, func(p credit.Problem) {
		found = append(found, fmt.Sprintf("%s %s %s: %s", p.Account, p.Product, p.Row, p.Text))
	})
	if err != nil {
		t.Fatal(err)
	}
	return v, found
}

func writeTo(t *testing.T, d *db.DB, f func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), f); err != nil {
		t.Error(err)
	}
}

// postMany makes n entries of one credit each.
func postMany(tx *db.Tx, account string, p credit.Product, n int) error {
	for i := range n {
		if _, err := credit.Post(tx, account, p, credit.Entry{Ref: fmt.Sprint(account, p, i, db.NewID()), Delta: 1, Reason: credit.Granted}); err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyReadsPageAfterPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if v, found := verified(t, d); v != (credit.Verified{}) || len(found) != 0 {
			t.Errorf("an empty ledger: %+v, %v", v, found)
		}
		writeTo(t, d, func(tx *db.Tx) error {
			for owner, n := range map[string]int{"a": 1000, "b": 2300, "c": 1} {
				if err := postMany(tx, owner, credit.Email, n); err != nil {
					return err
				}
				if err := postMany(tx, owner, credit.SMS, 2); err != nil {
					return err
				}
			}
			return nil
		})
		if v, found := verified(t, d); v != (credit.Verified{Balances: 6, Entries: 3307}) || len(found) != 0 {
			t.Errorf("%+v, %v", v, found)
		}
		writeTo(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM credit_entries WHERE account_id = 'b' AND product = 'email' AND number = 2001`)
			return err
		})
		if _, found := verified(t, d); len(found) != 2 { // a gap, and a sum that jumps
			t.Errorf("%v", found)
		}
	})
}

// Each row that is wrong is named, and is named once.
func TestVerifyNamesTheRow(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{`UPDATE credit_balances SET balance = 7 WHERE product = 'email'`, "[a email balance: it is 7, and its entries come to 3]"},
		{`UPDATE credit_balances SET entries = 2 WHERE product = 'email'`, "[a email balance: it counts 2 entries, and the last has the number 3]"},
		{`DELETE FROM credit_balances WHERE product = 'sms'`, "[a sms balance: it is 0, and its entries come to 1 a sms balance: it counts 0 entries, and the last has the number 1]"},
		{`DELETE FROM credit_entries WHERE product = 'sms'`, "[a sms balance: it is 1, and its entries come to 0 a sms balance: it counts 1 entries, and the last has the number 0]"},
		{`UPDATE credit_entries SET ref = 'r', delta = 5 WHERE product = 'email' AND number = 2`, "[a email r: 1 and 5 credits are not 2]"},
		{`UPDATE credit_entries SET ref = 'r', delta = -2, balance_after = -2 WHERE product = 'sms'`, "[a sms r: the balance is -2 after it a sms balance: it is 1, and its entries come to -2]"},
		{`UPDATE credit_entries SET ref = 'r', number = 9 WHERE product = 'email' AND number = 3`, "[a email r: its number is 9, the one before is 2 a email balance: it counts 3 entries, and the last has the number 9]"},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			writeTo(t, d, func(tx *db.Tx) error {
				if err := postMany(tx, "a", credit.SMS, 1); err != nil {
					return err
				}
				return postMany(tx, "a", credit.Email, 3)
			})
			writeTo(t, d, func(tx *db.Tx) error { _, err := tx.Exec(c.change); return err })
			if _, found := verified(t, d); fmt.Sprint(found) != c.want {
				t.Errorf("%s: %v", c.change, found)
			}
		})
	}
}

func TestVerifyBesideWriters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for _, owner := range []string{"a", "b"} {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						writeTo(t, d, func(tx *db.Tx) error { return postMany(tx, owner, credit.Email, 3) })
					}
				}
			})
		}
		for range 50 {
			if _, found := verified(t, d); len(found) != 0 {
				t.Error(found)
				break
			}
		}
		close(stop)
		writers.Wait()
	})
}
