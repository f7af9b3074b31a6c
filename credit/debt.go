package credit

import "aviso/db"

// Debt is what an account owes of one product: what it had bought and used, and
// then took its money back for. Only purchases pay it off, so that a grant is
// never swallowed.
type Debt struct {
	Credits   int64
	Unlimited int64 // milliseconds of the unlimited tier
}

const (
	ensureDebt = `INSERT INTO credit_debts (account_id, product, credits, unlimited) VALUES ($1, $2, 0, 0)
		ON CONFLICT (account_id, product) DO NOTHING`
	selectDebt = `SELECT credits, unlimited FROM credit_debts WHERE account_id = $1 AND product = $2`
	updateDebt = `UPDATE credit_debts SET credits = $1, unlimited = $2 WHERE account_id = $3 AND product = $4`
)

// Owed returns what an account owes of one product.
func Owed(tx *db.Tx, account string, p Product) (Debt, error) {
	var d Debt
	err := tx.Row(selectDebt, []any{account, string(p)}, &d.Credits, &d.Unlimited)
	if db.IsMissing(err) {
		err = nil
	}
	return d, err
}

// accounted is a balance and its debt, both locked, the balance first.
type accounted struct {
	Balance
	Debt
	owner
	now int64
}

func lockWithDebt(tx *db.Tx, account string, p Product) (a accounted, err error) {
	a.owner = owner{account, p}
	args := []any{account, string(p)}
	if _, err := tx.Exec(ensureBalance, args...); err != nil {
		return a, err
	}
	if err := tx.Row(selectBalance, args, &a.Balance.Credits, &a.Balance.entries, &a.UnlimitedUntil, &a.Spent); err != nil {
		return a, err
	}
	if _, err := tx.Exec(ensureDebt, args...); err != nil {
		return a, err
	}
	if err := tx.Row(selectDebt+` {lock}`, args, &a.Debt.Credits, &a.Debt.Unlimited); err != nil {
		return a, err
	}
	a.now, err = tx.Now()
	return a, err
}

// owe replaces what is owed.
func (a accounted) owe(tx *db.Tx, d Debt) error {
	if d == a.Debt {
		return nil
	}
	_, err := tx.Exec(updateDebt, d.Credits, d.Unlimited, a.account, string(a.product))
	return err
}

// Buy gives the n credits that were paid for under the reference
// "purchase/"+ref, and takes what is owed from them under "debt/"+ref. A ref
// that was bought under before is a conflict (db.IsConflict).
func Buy(tx *db.Tx, account string, p Product, n int64, ref, note string) (paidOff int64, err error) {
	a, err := lockWithDebt(tx, account, p)
	if err != nil {
		return 0, err
	}
	if _, err := Post(tx, account, p, Entry{Ref: "purchase/" + ref, Delta: n, Reason: Purchased, Note: note}); err != nil {
		return 0, err
	}
	paidOff = min(n, a.Debt.Credits)
	if paidOff == 0 {
		return 0, nil
	}
	if _, err := Post(tx, account, p, Entry{Ref: "debt/" + ref, Delta: -paidOff, Reason: Adjusted, Note: "Owed since an earlier payment was taken back"}); err != nil {
		return 0, err
	}
	return paidOff, a.owe(tx, Debt{a.Debt.Credits - paidOff, a.Debt.Unlimited})
}

// TakeBack takes n credits whose payment was taken back, as far as the balance
// has them, under the reference "takeback/"+ref. The rest is owed.
func TakeBack(tx *db.Tx, account string, p Product, n int64, ref, note string) (owed int64, err error) {
	a, err := lockWithDebt(tx, account, p)
	if err != nil {
		return 0, err
	}
	taken := min(n, a.Balance.Credits)
	if taken > 0 {
		if _, err := Post(tx, account, p, Entry{Ref: "takeback/" + ref, Delta: -taken, Reason: Adjusted, Note: note}); err != nil {
			return 0, err
		}
	}
	return n - taken, a.owe(tx, Debt{a.Debt.Credits + n - taken, a.Debt.Unlimited})
}

// GiveBack undoes a TakeBack of n credits: first of what is owed, and the rest
// under the reference "giveback/"+ref.
func GiveBack(tx *db.Tx, account string, p Product, n int64, ref, note string) error {
	a, err := lockWithDebt(tx, account, p)
	if err != nil {
		return err
	}
	forgiven := min(n, a.Debt.Credits)
	if n > forgiven {
		if _, err := Post(tx, account, p, Entry{Ref: "giveback/" + ref, Delta: n - forgiven, Reason: Adjusted, Note: note}); err != nil {
			return err
		}
	}
	return a.owe(tx, Debt{a.Debt.Credits - forgiven, a.Debt.Unlimited})
}

// BuyUnlimited extends the unlimited tier by a period that was paid for, in
// milliseconds, less what is owed of it.
func BuyUnlimited(tx *db.Tx, account string, p Product, period int64) (paidOff int64, err error) {
	a, err := lockWithDebt(tx, account, p)
	if err != nil {
		return 0, err
	}
	paidOff = min(period, a.Debt.Unlimited)
	if err := a.owe(tx, Debt{a.Debt.Credits, a.Debt.Unlimited - paidOff}); err != nil || paidOff == period {
		return paidOff, err
	}
	_, err = ExtendUnlimited(tx, account, p, period-paidOff)
	return paidOff, err
}

// TakeBackUnlimited shortens the unlimited tier by a period whose payment was
// taken back. What has been used up of it already is owed.
func TakeBackUnlimited(tx *db.Tx, account string, p Product, period int64) (owed int64, err error) {
	a, err := lockWithDebt(tx, account, p)
	if err != nil {
		return 0, err
	}
	taken := min(period, max(0, a.UnlimitedUntil-a.now))
	if taken > 0 {
		// The tier ends later than now by at least what is taken.
		if _, err := ExtendUnlimited(tx, account, p, -taken); err != nil {
			return 0, err
		}
	}
	return period - taken, a.owe(tx, Debt{a.Debt.Credits, a.Debt.Unlimited + period - taken})
}

// GiveBackUnlimited undoes a TakeBackUnlimited of a period.
func GiveBackUnlimited(tx *db.Tx, account string, p Product, period int64) error {
	_, err := BuyUnlimited(tx, account, p, period)
	return err
}
