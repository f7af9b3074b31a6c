package account_test

import (
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

// What is paid for moves the end both ways, and what an operator has granted is
// never shortened by it.
func TestFollowPrime(t *testing.T) {
	type step struct {
		granted       int64 // by an operator, if not 0
		before, after int64 // else
		want          int64
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, steps := range map[string][]step{
			"paid for only":            {{0, 0, 30, 30}, {0, 30, 60, 60}, {0, 60, 40, 40}, {0, 40, 0, 0}},
			"granted more before":      {{90, 0, 0, 90}, {0, 0, 30, 90}, {0, 30, 120, 120}, {0, 120, 20, 90}},
			"granted more meanwhile":   {{0, 0, 30, 30}, {90, 0, 0, 90}, {0, 30, 60, 90}, {0, 60, 20, 90}},
			"ended by hand":            {{0, 0, 30, 30}, {1, 0, 0, 1}, {0, 30, 60, 60}, {0, 60, 20, 20}},
			"granted what was paid":    {{0, 0, 30, 30}, {30, 0, 0, 30}, {0, 30, 10, 10}},
			"granted twice, less late": {{90, 0, 0, 90}, {0, 0, 30, 90}, {50, 0, 0, 50}, {0, 30, 40, 50}, {0, 40, 60, 60}, {0, 60, 5, 50}},
		} {
			var a account.Account
			write := func(f func(*db.Tx) error) {
				if err := d.Write(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			write(func(tx *db.Tx) (err error) {
				a, err = account.Create(tx, "test", account.New{Email: db.NewID() + "@example.com"})
				return err
			})
			for i, s := range steps {
				write(func(tx *db.Tx) (err error) {
					if s.granted != 0 {
						err = account.SetPrime(tx, "test", a, s.granted)
					} else {
						err = account.FollowPrime(tx, "stripe", a.ID, s.before, s.after)
					}
					if err == nil {
						a, err = account.Find(tx, a.ID)
					}
					return err
				})
				if a.PrimeUntil != s.want {
					t.Errorf("%s, step %d: %d, not %d", name, i+1, a.PrimeUntil, s.want)
				}
			}
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return account.FollowPrime(tx, "stripe", db.NewID(), 0, 1) })
		if fault.Of(err).Kind != fault.NotFound {
			t.Errorf("nobody's Prime: %v", err)
		}
	})
}
