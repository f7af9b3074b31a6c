package billing

import (
	"cmp"
	"fmt"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

// SessionFact is what became of a session.
type SessionFact struct {
	Session      string
	Checkout     string // the Order's ID; empty if the event does not say
	Payment      string // what refunds and disputes will name; empty if not known
	Subscription string // of Prime; else empty
	Customer     string // likewise
	Outcome      State  // Open if nothing is decided yet
	PaidUntil    int64  // of a subscription that is paid: at least until then, milliseconds UTC
}

// learn locks the payment before the checkout, as a refund does.
func (f SessionFact) learn(l *lesson) error {
	if f.Payment != "" {
		if _, err := lockPayment(l.Tx, f.Payment); err != nil {
			return err
		}
	}
	c, err := f.checkout(l.Tx)
	if err != nil {
		return err
	}
	c.SessionID, c.paymentID = f.Session, cmp.Or(c.paymentID, f.Payment)
	if strength[f.Outcome] > strength[c.State] {
		c.State, c.settledAt = f.Outcome, l.now
		if c.State == Paid {
			if err := l.deliver(c); err != nil {
				return err
			}
		}
		l.change(c.AccountID, "checkout", c.SessionID)
	}
	if err := l.reverse(&c); err != nil {
		return err
	}
	if err := c.save(l.Tx); err != nil || c.Item != Prime || f.Subscription == "" {
		return err
	}
	return l.subscribe(f.Subscription, func(s *subscription) {
		s.account, s.customer, s.paidUntil = c.AccountID, cmp.Or(f.Customer, s.customer), max(s.paidUntil, f.PaidUntil)
	})
}

// checkout finds and locks what the session is about. The provider's answer to
// Open may not have come yet: then the order's own id finds it.
func (f SessionFact) checkout(tx *db.Tx) (Checkout, error) {
	c, err := readCheckout(tx, `session_id = $1 {lock}`, f.Session)
	if db.IsMissing(err) && db.IsID(f.Checkout) {
		c, err = readCheckout(tx, `id = $1 {lock}`, f.Checkout)
	}
	if db.IsMissing(err) || err == nil && c.SessionID != "" && c.SessionID != f.Session {
		return c, errForeign
	}
	return c, err
}

// product is whose balance an item is for.
func (i Item) product() credit.Product {
	if i == SMSCredits {
		return credit.SMS
	}
	return credit.Email
}

// deliver hands over what was paid for, which the checkout's own row says. A
// second time would be a conflict of references, but the state has come before.
func (l *lesson) deliver(c Checkout) (err error) {
	var paidOff int64
	switch c.Item {
	case EmailCredits, SMSCredits:
		paidOff, err = credit.Buy(l.Tx, c.AccountID, c.Item.product(), c.Units, c.SessionID, "")
	case Unlimited:
		paidOff, err = credit.BuyUnlimited(l.Tx, c.AccountID, credit.Email, c.Units)
	}
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%s for %d %s", c.title(), c.Price.Amount, c.Price.Currency)
	if paidOff != 0 {
		detail += ", of which " + c.quantity(paidOff) + " were owed"
	}
	if c.Item != Prime {
		l.change(c.AccountID, "credit", "")
	}
	return l.record("billing.purchase", c.AccountID, detail)
}

// followPrime makes what is paid for of Prime count.
func (l *lesson) followPrime(id string, before, after int64) error {
	l.change(id, "account", id)
	return account.FollowPrime(l.Tx, l.actor, id, before, after)
}
