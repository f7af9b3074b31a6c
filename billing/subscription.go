package billing

import (
	"cmp"

	"aviso/db"
)

// SubscriptionFact is how a subscription stood at the event's moment.
type SubscriptionFact struct {
	ID       string
	Checkout string // the Order's ID; empty if the event does not say
	Customer string
	Status   string // Stripe's word
	Starts   int64  // of the current period, milliseconds UTC
	Ends     int64  // of the current period, or of the subscription once it has ended
	Turn     int64  // orders what happened at the same moment
}

// InvoiceFact is what became of an invoice of a subscription.
type InvoiceFact struct {
	Subscription string
	Checkout     string
	Until        int64 // the end of what it is for, milliseconds UTC
	Paid         bool  // else the payment failed
}

// subscription is all that is known of one. It may be known before it is known
// whose it is.
type subscription struct {
	id, account, customer string
	status                string // empty while only its payments are known
	starts, ends          int64
	changed, turn         int64 // the moment of the status
	paidUntil             int64 // the latest end of an invoice that was paid
	failedUntil           int64 // likewise of one that was not
	until                 int64 // what all of this came to when it was written
}

func (f SubscriptionFact) learn(l *lesson) error {
	owner, err := ownerOf(l.Tx, f.Checkout)
	if err != nil {
		return err
	}
	return l.subscribe(f.ID, func(s *subscription) {
		s.account, s.customer = cmp.Or(s.account, owner), cmp.Or(f.Customer, s.customer)
		// A later one is known already if it compares so, and of what happened
		// at one moment the same one wins in any order.
		if c := cmp.Or(cmp.Compare(l.event.At, s.changed), cmp.Compare(f.Turn, s.turn), cmp.Compare(f.Ends, s.ends)); c > 0 || s.status == "" {
			s.status, s.starts, s.ends, s.changed, s.turn = f.Status, f.Starts, f.Ends, l.event.At, f.Turn
		}
	})
}

func (f InvoiceFact) learn(l *lesson) error {
	owner, err := ownerOf(l.Tx, f.Checkout)
	if err != nil {
		return err
	}
	return l.subscribe(f.Subscription, func(s *subscription) {
		s.account = cmp.Or(s.account, owner)
		if f.Paid {
			s.paidUntil = max(s.paidUntil, f.Until)
		} else {
			s.failedUntil = max(s.failedUntil, f.Until)
		}
	})
}

// ownerOf is whose checkout this is; nobody's if it is none of ours.
func ownerOf(tx *db.Tx, checkout string) (string, error) {
	if !db.IsID(checkout) {
		return "", nil
	}
	c, err := readCheckout(tx, `id = $1`, checkout)
	switch {
	case db.IsMissing(err):
		return "", nil
	case err != nil:
		return "", err
	case c.Item != Prime:
		return "", nil
	}
	return c.AccountID, nil
}

// end is until when all that is known makes Prime paid for.
func (s *subscription) end() int64 {
	switch s.status {
	case "canceled":
		return s.ends
	case "active", "trialing":
		// A renewal begins its period before it is paid.
		if s.failedUntil >= s.ends && s.paidUntil < s.failedUntil {
			return max(s.starts, s.paidUntil)
		}
		return max(s.ends, s.paidUntil)
	case "past_due", "unpaid", "paused":
		return max(s.starts, s.paidUntil)
	}
	return s.paidUntil // nothing else, or the first payment is still to come
}

// alive says whether the subscription may go on by itself.
func (s *subscription) alive() bool {
	return s.id != "" && s.status != "canceled" && s.status != "incomplete_expired"
}

// subscribe changes what is known of a subscription, and the owner's Prime with
// it.
func (l *lesson) subscribe(id string, change func(*subscription)) error {
	s, err := lockSubscription(l.Tx, id)
	if err != nil {
		return err
	}
	change(&s)
	s.until = s.end()
	if s.account == "" {
		return s.save(l.Tx)
	}
	// Two subscriptions of one account take turns.
	if err := l.Row(`SELECT id FROM accounts WHERE id = $1 {lock}`, []any{s.account}, new(string)); err != nil {
		return err
	}
	before, err := paidPrime(l.Tx, s.account)
	if err != nil {
		return err
	}
	if err := s.save(l.Tx); err != nil {
		return err
	}
	after, err := paidPrime(l.Tx, s.account)
	if err != nil || before == after {
		return err
	}
	return l.followPrime(s.account, before, after)
}

const subscriptionColumns = `id, COALESCE(account_id, ''), customer_id, status, starts_at, ends_at, changed_at, turn, paid_until, failed_until, prime_until`

func (s *subscription) fields() []any {
	return []any{&s.id, &s.account, &s.customer, &s.status, &s.starts, &s.ends, &s.changed, &s.turn, &s.paidUntil, &s.failedUntil, &s.until}
}

func lockSubscription(tx *db.Tx, id string) (s subscription, err error) {
	_, err = tx.Exec(`INSERT INTO billing_subscriptions (id, customer_id, status, starts_at, ends_at, changed_at, turn, paid_until, failed_until, prime_until)
		VALUES ($1, '', '', 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING`, id)
	if err != nil {
		return s, err
	}
	return s, tx.Row(`SELECT `+subscriptionColumns+` FROM billing_subscriptions WHERE id = $1 {lock}`, []any{id}, s.fields()...)
}

func (s *subscription) save(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE billing_subscriptions SET account_id = NULLIF($1, ''), customer_id = $2, status = $3, starts_at = $4, ends_at = $5, changed_at = $6, turn = $7,
		paid_until = $8, failed_until = $9, prime_until = $10 WHERE id = $11`,
		s.account, s.customer, s.status, s.starts, s.ends, s.changed, s.turn, s.paidUntil, s.failedUntil, s.until, s.id)
	return err
}

// paidPrime is until when an account's subscriptions pay for Prime.
func paidPrime(tx *db.Tx, account string) (until int64, err error) {
	err = tx.Row(`SELECT COALESCE(MAX(prime_until), 0) FROM billing_subscriptions WHERE account_id = $1`, []any{account}, &until)
	return until, err
}

// currentSubscription is the one of an account to be managed: one that goes on,
// or else the one that has changed last; empty if there never was one.
func currentSubscription(tx *db.Tx, account string) (current subscription, err error) {
	err = tx.Rows(`SELECT `+subscriptionColumns+` FROM billing_subscriptions WHERE account_id = $1 ORDER BY changed_at, id`, []any{account}, func(scan func(...any) error) error {
		var s subscription
		if err := scan(s.fields()...); err != nil {
			return err
		}
		if s.alive() || !current.alive() {
			current = s
		}
		return nil
	})
	return current, err
}
