package credit_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

// Whatever is bought, spent, taken back and given back: credits less debts are
// what plain arithmetic says, and nobody has credits taken beyond what is there.
func TestDebtsLikeTheirModel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			account := db.NewID()
			var bought, spent, gone int64 // gone: taken back less given back
			n := 0
			for range rapid.IntRange(1, 6).Draw(rt, "steps") {
				n++
				ref := fmt.Sprint(account, "/", n)
				amount := rapid.Int64Range(1, 100).Draw(rt, "credits")
				what := rapid.SampledFrom([]string{"buy", "spend", "take back", "give back"}).Draw(rt, "what")
				err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
					before, err := credit.Read(tx, account, credit.Email)
					if err != nil {
						return err
					}
					owed, err := credit.Owed(tx, account, credit.Email)
					if err != nil {
						return err
					}
					switch what {
					case "buy":
						var paidOff int64
						if paidOff, err = credit.Buy(tx, account, credit.Email, amount, ref, ""); paidOff != min(amount, owed.Credits) {
							rt.Errorf("%d paid off %d of %d", amount, paidOff, owed.Credits)
						}
						bought += amount
					case "spend":
						if amount = min(amount, before.Credits); amount > 0 {
							_, err = credit.Post(tx, account, credit.Email, credit.Entry{Ref: "charge/" + ref, Delta: -amount, Reason: credit.Charged})
							spent += amount
						}
					case "take back":
						var rest int64
						if rest, err = credit.TakeBack(tx, account, credit.Email, amount, ref, ""); rest != max(0, amount-before.Credits) {
							rt.Errorf("%d of %d leave %d", amount, before.Credits, rest)
						}
						gone += amount
					case "give back":
						err = credit.GiveBack(tx, account, credit.Email, amount, ref, "")
						gone -= amount
					}
					return err
				})
				if err != nil {
					rt.Fatal(err)
				}
			}
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				b, err := credit.Read(tx, account, credit.Email)
				if err != nil {
					return err
				}
				owed, err := credit.Owed(tx, account, credit.Email)
				if b.Credits-owed.Credits != bought-spent-gone || b.Spent != spent || owed.Unlimited != 0 {
					rt.Errorf("%+v, %+v after %d bought, %d spent, %d gone", b, owed, bought, spent, gone)
				}
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
		})
		if _, found := verified(t, d); len(found) != 0 {
			t.Errorf("%v", found)
		}
	})
}

func TestBoughtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		buy := func() error {
			return d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := credit.Buy(tx, "ada", credit.Email, 100, "cs_1", "")
				return err
			})
		}
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		if err := buy(); !db.IsConflict(err) {
			t.Errorf("again: %v", err)
		}
		sum(t, d, "ada", 100)
	})
}
