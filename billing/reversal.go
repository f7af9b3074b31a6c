package billing

import (
	"fmt"
	"math/bits"
	"time"

	"aviso/credit"
	"aviso/db"
)

// RefundFact is how much of a payment was refunded so far.
type RefundFact struct {
	Payment string
	Amount  int64
}

// ReversalFact is how a single refund or dispute stands.
type ReversalFact struct {
	ID      string
	Payment string
	Dispute bool
	Amount  int64
	Stage   Stage
}

// Stage is how far a refund or a dispute is. Later stages are greater, and
// nothing goes back to an earlier one.
type Stage int64

// The stages.
const (
	Asked  Stage = iota // a dispute that has taken no money yet
	Taken               // the money is gone
	Lost                // for good
	Undone              // it has come back, or never went
)

// payment is what is known of one, apart from its reversals.
type payment struct {
	id       string
	refunded int64 // the most that a charge was ever heard to have refunded
}

// lockPayment makes a row for a payment that was never heard of: its refund may
// come before its purchase.
func lockPayment(tx *db.Tx, id string) (payment, error) {
	p := payment{id: id}
	if _, err := tx.Exec(`INSERT INTO billing_payments (id, refunded) VALUES ($1, 0) ON CONFLICT (id) DO NOTHING`, id); err != nil {
		return p, err
	}
	return p, tx.Row(`SELECT refunded FROM billing_payments WHERE id = $1 {lock}`, []any{id}, &p.refunded)
}

func (f RefundFact) learn(l *lesson) error {
	p, err := lockPayment(l.Tx, f.Payment)
	if err != nil {
		return err
	}
	if _, err := l.Exec(`UPDATE billing_payments SET refunded = $1 WHERE id = $2`, max(p.refunded, f.Amount), p.id); err != nil {
		return err
	}
	return l.reverseOf(p.id)
}

func (f ReversalFact) learn(l *lesson) error {
	if _, err := lockPayment(l.Tx, f.Payment); err != nil {
		return err
	}
	kind := "refund"
	if f.Dispute {
		kind = "dispute"
	}
	var amount, stage int64
	err := l.Row(`SELECT amount, stage FROM billing_reversals WHERE id = $1`, []any{f.ID}, &amount, &stage)
	if err != nil && !db.IsMissing(err) {
		return err
	}
	_, err = l.Exec(`INSERT INTO billing_reversals (id, payment_id, kind, amount, stage) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, stage = excluded.stage`,
		f.ID, f.Payment, kind, max(amount, f.Amount), max(stage, int64(f.Stage)))
	if err != nil {
		return err
	}
	return l.reverseOf(f.Payment)
}

// reverseOf brings about what the reversals of a payment mean, if it is known
// by now what it was for.
func (l *lesson) reverseOf(payment string) error {
	c, err := readCheckout(l.Tx, `payment_id = $1 {lock}`, payment)
	if db.IsMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := l.reverse(&c); err != nil {
		return err
	}
	_, err = l.Exec(`UPDATE billing_checkouts SET reversed = $1 WHERE id = $2`, c.reversed, c.ID)
	return err
}

// reverse takes back, or gives back, what lies between the reversals known and
// those already brought about.
func (l *lesson) reverse(c *Checkout) error {
	if c.State != Paid || c.paymentID == "" || c.Units == 0 {
		return nil
	}
	gone, err := reversedOf(l.Tx, c.paymentID)
	if err != nil {
		return err
	}
	units := share(c.Units, gone, c.Price.Amount)
	more := units - c.reversed
	c.reversed = units
	switch {
	case more > 0:
		return l.takeBack(*c, more)
	case more < 0:
		return l.giveBack(*c, -more)
	}
	return nil
}

func (l *lesson) takeBack(c Checkout, units int64) (err error) {
	var owed int64
	if c.Item == Unlimited {
		owed, err = credit.TakeBackUnlimited(l.Tx, c.AccountID, credit.Email, units)
	} else {
		owed, err = credit.TakeBack(l.Tx, c.AccountID, c.Item.product(), units, c.SessionID+"/"+l.event.ID, "The payment was taken back")
	}
	if err != nil {
		return err
	}
	detail := c.quantity(units) + " of " + c.title()
	if owed != 0 {
		detail += ", of which " + c.quantity(owed) + " are owed"
	}
	l.change(c.AccountID, "credit", "")
	return l.record("billing.takeback", c.AccountID, detail)
}

func (l *lesson) giveBack(c Checkout, units int64) (err error) {
	if c.Item == Unlimited {
		err = credit.GiveBackUnlimited(l.Tx, c.AccountID, credit.Email, units)
	} else {
		err = credit.GiveBack(l.Tx, c.AccountID, c.Item.product(), units, c.SessionID+"/"+l.event.ID, "The payment has come back")
	}
	if err != nil {
		return err
	}
	l.change(c.AccountID, "credit", "")
	return l.record("billing.giveback", c.AccountID, c.quantity(units)+" of "+c.title())
}

// quantity says an amount of what was bought.
func (c Checkout) quantity(units int64) string {
	if c.Item == Unlimited {
		return (time.Duration(units) * time.Millisecond).Round(time.Second).String()
	}
	return fmt.Sprintf("%d credits", units)
}

// reversedOf is how much of a payment has gone back to who paid it. Refunds are
// told of twice, one by one and as the charge's sum; whichever says more counts,
// and one that failed counts in neither.
func reversedOf(tx *db.Tx, payment string) (int64, error) {
	var sum, refunds, failed, disputes int64
	if err := tx.Row(`SELECT refunded FROM billing_payments WHERE id = $1`, []any{payment}, &sum); err != nil && !db.IsMissing(err) {
		return 0, err
	}
	err := tx.Rows(`SELECT kind, amount, stage FROM billing_reversals WHERE payment_id = $1`, []any{payment}, func(scan func(...any) error) error {
		var kind string
		var amount, stage int64
		if err := scan(&kind, &amount, &stage); err != nil {
			return err
		}
		gone := Stage(stage) == Taken || Stage(stage) == Lost
		switch {
		case kind == "dispute" && gone:
			disputes += amount
		case kind == "refund" && gone:
			refunds += amount
		case kind == "refund":
			failed += amount
		}
		return nil
	})
	return max(refunds, sum-failed, 0) + disputes, err
}

// share is the part of units that gone is of price, rounded down; all of them
// when all of the price is gone. The product of the two may have more than 64
// bits.
func share(units, gone, price int64) int64 {
	if gone >= price {
		return units
	}
	high, low := bits.Mul64(uint64(units), uint64(max(gone, 0)))
	part, _ := bits.Div64(high, low, uint64(price))
	return int64(part)
}
