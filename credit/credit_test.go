package credit_test

import (
	"errors"
	"fmt"
	"testing"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

func TestPost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.SetClock(func() int64 { return 1234 })
		post := func(e credit.Entry) (credit.Entry, error) {
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) { e, err = credit.Post(tx, "ada", credit.Email, e); return err })
			return e, err
		}
		first, err := post(credit.Entry{Ref: "purchase/1", Delta: 10, Reason: credit.Purchased, Note: "ten"})
		if want := (credit.Entry{Number: 1, Ref: "purchase/1", Delta: 10, BalanceAfter: 10, Reason: credit.Purchased, Note: "ten", CreatedAt: 1234}); err != nil || first != want {
			t.Errorf("%+v, %v", first, err)
		}
		if _, err := post(credit.Entry{Ref: "charge/1", Delta: -11}); !errors.Is(err, credit.ErrInsufficient) {
			t.Errorf("more than there is: %v", err)
		}
		if _, err := post(credit.Entry{Ref: "purchase/1", Delta: 5}); !db.IsConflict(err) {
			t.Errorf("a reference twice: %v", err)
		}
		second, err := post(credit.Entry{Ref: "charge/1", Delta: -10, Reason: credit.Charged})
		if err != nil || second.Number != 2 || second.BalanceAfter != 0 {
			t.Errorf("all there is: %+v, %v", second, err)
		}
		for _, delta := range []int64{1_000_000_000_001, -1_000_000_000_001, 1 << 62, -1 << 63} {
			if _, err := post(credit.Entry{Ref: fmt.Sprint(delta), Delta: delta}); fault.Of(err).Kind != fault.Invalid {
				t.Errorf("%d: %v", delta, err)
			}
		}
		if entries := sum(t, d, "ada", 0); len(entries) != 2 || entries[0] != second || entries[1] != first {
			t.Errorf("%+v", entries)
		}
	})
}

// Nobody's credits are another's, nor one product's the other's.
func TestBalancesAreApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		grant(t, d, "ada", 5)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := credit.Post(tx, "ada", credit.SMS, credit.Entry{Ref: "sms", Delta: -1}); !errors.Is(err, credit.ErrInsufficient) {
				t.Errorf("email credits pay for a text: %v", err)
			}
			if _, err := credit.Post(tx, "eve", credit.Email, credit.Entry{Ref: "eve", Delta: -1}); !errors.Is(err, credit.ErrInsufficient) {
				t.Errorf("ada's credits pay for eve: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		sum(t, d, "ada", 5)
		sum(t, d, "eve", 0)
	})
}

func TestGrant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		give := func(amount int64) (e credit.Entry, err error) {
			err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
				e, err = credit.Grant(tx, "root", "ada", credit.Email, amount, "for testing")
				return err
			})
			return e, err
		}
		if e, err := give(100); err != nil || e.Reason != credit.Granted || e.BalanceAfter != 100 || e.Note != "for testing" {
			t.Errorf("%+v, %v", e, err)
		}
		if e, err := give(-40); err != nil || e.Reason != credit.Adjusted || e.BalanceAfter != 60 {
			t.Errorf("%+v, %v", e, err)
		}
		for _, amount := range []int64{0, -61, 1_000_000_000_001} {
			if _, err := give(amount); fault.Of(err).Kind != fault.Invalid || fault.Of(err).Field != "amount" {
				t.Errorf("%d: %v", amount, err)
			}
		}
		sum(t, d, "ada", 60)
		acts := ""
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Rows(`SELECT actor, action, subject, detail FROM audit_entries ORDER BY id`, nil, func(scan func(...any) error) error {
				var actor, action, subject, detail string
				err := scan(&actor, &action, &subject, &detail)
				acts += fmt.Sprintln(actor, action, subject, detail)
				return err
			})
		})
		if err != nil || acts != "root credit.grant ada 100 email: for testing\nroot credit.grant ada -40 email: for testing\n" {
			t.Errorf("%s, %v", acts, err)
		}
	})
}

func TestHistoryInPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i := range int64(7) {
			grant(t, d, "ada", i+1)
			grant(t, d, "eve", 100)
		}
		for _, c := range []struct {
			before, limit int64
			want          string
		}{
			{0, 3, "[7 6 5]"},
			{5, 3, "[4 3 2]"},
			{2, 3, "[1]"},
			{1, 3, "[]"},
			{0, 100, "[7 6 5 4 3 2 1]"},
			{0, 0, "[]"},
		} {
			numbers := []int64{}
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				entries, err := credit.History(tx, "ada", credit.Email, c.before, c.limit)
				for _, e := range entries {
					if e.Delta != e.Number {
						t.Errorf("somebody else's: %+v", e)
					}
					numbers = append(numbers, e.Number)
				}
				return err
			})
			if got := fmt.Sprint(numbers); err != nil || got != c.want {
				t.Errorf("%d before %d: %s, %v", c.limit, c.before, got, err)
			}
		}
	})
}

func TestExtendUnlimited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := int64(1000)
		d.SetClock(func() int64 { return now })
		for _, c := range []struct{ at, period, want int64 }{
			{1000, 30, 1030}, // from nothing: from now
			{1010, 30, 1060}, // still running: from its end
			{1060, 30, 1090}, // at its end
			{2000, 30, 2030}, // over: from now
		} {
			now = c.at
			var end int64
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				end, err = credit.ExtendUnlimited(tx, "ada", credit.Email, c.period)
				return err
			})
			if err != nil || end != c.want {
				t.Errorf("at %d: until %d, %v", c.at, end, err)
			}
		}
		grant(t, d, "ada", 10) // which leaves the tier as it is
		k := openTill(t, d)
		if enough, err := k.charge("ada", 3, "charge"); !enough || err != nil {
			t.Errorf("%t, %v", enough, err)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			b, err := credit.Read(tx, "ada", credit.Email)
			line := credit.Line{Balance: b}
			if b.UnlimitedUntil != 2030 || b.Credits != 7 || !line.Unlimited(2029) || line.Unlimited(2030) {
				t.Errorf("%+v", b)
			}
			if other, err := credit.Read(tx, "ada", credit.SMS); err != nil || other != (credit.Balance{}) {
				t.Errorf("the other product: %+v, %v", other, err)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// The last line of defence, whatever a program with a mistake may ask for.
func TestTheDatabaseRefusesLessThanNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		grant(t, d, "ada", 5)
		for _, statement := range []string{
			`UPDATE credit_balances SET balance = balance - 6`,
			`INSERT INTO credit_balances (account_id, product, balance, entries, unlimited_until) VALUES ('eve', 'email', -1, 0, 0)`,
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(statement); return err })
			if err == nil {
				t.Errorf("took %s", statement)
			}
		}
		sum(t, d, "ada", 5)
	})
}
