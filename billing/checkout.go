package billing

import (
	"context"
	"fmt"
	"time"

	"aviso/account"
	"aviso/db"
)

// State is how far a purchase is. Each is stronger than those before it: what
// was paid is paid, whatever else is heard of it.
type State string

// The states.
const (
	Open      State = "open"
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Paid      State = "paid"
)

var strength = map[State]int{Open: 0, Expired: 1, Cancelled: 2, Paid: 3}

// Checkout is one purchase, from the moment its page is opened.
type Checkout struct {
	ID        string
	SessionID string // what the provider calls it
	AccountID string
	Item      Item
	Bundle    string // its id; empty if it is none
	Units     int64  // credits, or milliseconds of the unlimited tier; 0 for Prime
	Price     Price
	State     State
	CreatedAt int64 // milliseconds UTC

	paymentID string
	reversed  int64 // units whose money went back
	settledAt int64 // when it ceased to be open; 0 if it has not
}

// BuyEmail opens the page where an account pays a bundle of email credits.
func (s *Service) BuyEmail(ctx context.Context, accountID, bundle string) (Session, error) {
	return s.buyBundle(ctx, accountID, EmailCredits, s.c.Email, bundle)
}

// BuySMS opens the page where an account pays a bundle of SMS credits.
func (s *Service) BuySMS(ctx context.Context, accountID, bundle string) (Session, error) {
	return s.buyBundle(ctx, accountID, SMSCredits, s.c.SMS, bundle)
}

func (s *Service) buyBundle(ctx context.Context, accountID string, i Item, list []Bundle, id string) (Session, error) {
	if s.c.Provider == nil {
		return Session{}, errDisabled
	}
	b, err := find(list, id)
	if err != nil {
		return Session{}, err
	}
	return s.buy(ctx, Checkout{AccountID: accountID, Item: i, Bundle: b.ID, Units: b.Credits, Price: b.Price})
}

// BuyUnlimited opens the page where an account pays 30 days of email without
// limit.
func (s *Service) BuyUnlimited(ctx context.Context, accountID string) (Session, error) {
	return s.buy(ctx, Checkout{AccountID: accountID, Item: Unlimited, Units: unlimitedPeriod.Milliseconds(), Price: s.c.Unlimited})
}

// BuyPrime opens the page where an account subscribes to Prime. It may have one
// subscription at a time.
func (s *Service) BuyPrime(ctx context.Context, accountID string) (Session, error) {
	return s.buy(ctx, Checkout{AccountID: accountID, Item: Prime, Price: s.c.Prime})
}

// buy makes the row before the provider hears of it, so that an event that
// overtakes the provider's own answer finds what was bought.
func (s *Service) buy(ctx context.Context, c Checkout) (Session, error) {
	if s.c.Provider == nil || c.Price.Amount <= 0 {
		return Session{}, errDisabled
	}
	c.ID, c.State = db.NewID(), Open
	order := Order{ID: c.ID, Title: c.title(), Price: c.Price, Monthly: c.Item == Prime, Paid: s.c.PublicURL + "/dashboard/checkout/", Back: s.c.PublicURL + c.Item.page()}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := account.Find(tx, c.AccountID)
		if err != nil {
			return err
		}
		if a.SuspendedAt != 0 {
			return errSuspended
		}
		sub, err := currentSubscription(tx, a.ID)
		if err != nil {
			return err
		}
		if c.Item == Prime && s.manages(sub) {
			return errSubscribed
		}
		order.Email, order.Customer = a.Email, sub.customer
		return insertCheckout(tx, c)
	})
	if err != nil {
		return Session{}, err
	}
	session, err := s.c.Provider.Open(ctx, order)
	// Whoever asked may be gone; the row has to learn what became of it.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if err != nil {
		// Nobody has the URL, if there is one.
		return Session{}, s.giveUp(ctx, c.ID, err)
	}
	return session, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE billing_checkouts SET session_id = $1 WHERE id = $2`, session.ID, c.ID)
		return err
	})
}

// giveUp cancels a checkout that has no page, and returns why.
func (s *Service) giveUp(ctx context.Context, id string, cause error) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE billing_checkouts SET state = $1 WHERE id = $2 AND state = $3`, string(Cancelled), id, string(Open))
		return err
	})
	if err != nil {
		cause = fmt.Errorf("%w; and cancelling the checkout: %w", cause, err)
	}
	return errProvider(cause)
}

// Checkout returns a purchase of an account; a foreign one is as missing as one
// that never was.
func (s *Service) Checkout(ctx context.Context, accountID, session string) (c Checkout, err error) {
	if !isID(session) {
		return c, errNoCheckout
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, err = readCheckout(tx, `session_id = $1`, session)
		return err
	})
	if db.IsMissing(err) || err == nil && c.AccountID != accountID {
		return Checkout{}, errNoCheckout
	}
	return c, err
}

// title is what stands on the bill.
func (c Checkout) title() string {
	if c.Item == EmailCredits || c.Item == SMSCredits {
		return fmt.Sprintf("%d %s", c.Units, c.Item.words())
	}
	return c.Item.words()
}

// page is where the dashboard sells an item.
func (i Item) page() string {
	switch i {
	case SMSCredits:
		return "/dashboard/sms/credits"
	case Prime:
		return "/dashboard/account/prime"
	default:
		return "/dashboard/email/credits"
	}
}

const checkoutColumns = `id, COALESCE(session_id, ''), account_id, item, bundle, units, price, currency, state, COALESCE(payment_id, ''), reversed, created_at, COALESCE(settled_at, 0)`

// readCheckout returns the checkout that a condition with $1 names.
func readCheckout(tx *db.Tx, where, arg string) (c Checkout, err error) {
	err = tx.Row(`SELECT `+checkoutColumns+` FROM billing_checkouts WHERE `+where, []any{arg}, &c.ID, &c.SessionID, &c.AccountID, (*string)(&c.Item), &c.Bundle,
		&c.Units, &c.Price.Amount, &c.Price.Currency, (*string)(&c.State), &c.paymentID, &c.reversed, &c.CreatedAt, &c.settledAt)
	return c, err
}

func insertCheckout(tx *db.Tx, c Checkout) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO billing_checkouts (id, account_id, item, bundle, units, price, currency, state, reversed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)`,
		c.ID, c.AccountID, string(c.Item), c.Bundle, c.Units, c.Price.Amount, c.Price.Currency, string(c.State), now)
	return err
}

// save writes what events change of a checkout.
func (c Checkout) save(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE billing_checkouts SET session_id = $1, state = $2, payment_id = NULLIF($3, ''), reversed = $4, settled_at = NULLIF($5, CAST(0 AS BIGINT)) WHERE id = $6`,
		c.SessionID, string(c.State), c.paymentID, c.reversed, c.settledAt, c.ID)
	return err
}
