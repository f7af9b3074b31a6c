package billing

import (
	"context"
	"errors"
	"time"

	"aviso/db"
	"aviso/fault"
)

// Sandbox is a Provider for demonstrations: who buys says on the dashboard that
// they have paid, and pays nothing.
type Sandbox struct{}

const sandbox = "sandbox"

// sandboxMonth is how long a subscription lasts here. It does not renew itself.
const sandboxMonth = 30 * 24 * time.Hour

// Name implements Provider.
func (Sandbox) Name() string { return sandbox }

// Open implements Provider: the page is the dashboard's own.
func (Sandbox) Open(_ context.Context, o Order) (Session, error) {
	return Session{ID: o.ID, URL: o.Paid + o.ID}, nil
}

// Portal implements Provider. There is nothing to manage.
func (Sandbox) Portal(context.Context, string, string) (string, error) {
	return "", errors.New("the sandbox has no customers")
}

// Read implements Provider. Nobody sends events of a sandbox.
func (Sandbox) Read([]byte, string) (Event, error) { return Event{}, errDisabled }

// Settle pays or cancels a purchase of an account in the sandbox. Elsewhere
// there is no such purchase.
func (s *Service) Settle(ctx context.Context, accountID, session, action string) (Checkout, error) {
	if s.Mode() != sandbox {
		return Checkout{}, errNoCheckout
	}
	outcome, ok := map[string]State{"pay": Paid, "cancel": Cancelled}[action]
	if !ok {
		return Checkout{}, fault.Field("INVALID_REQUEST", "action", `action must be "pay" or "cancel".`)
	}
	c, err := s.Checkout(ctx, accountID, session)
	if err != nil {
		return c, err
	}
	if c.State == Open {
		now, err := s.now(ctx)
		if err != nil {
			return c, err
		}
		f := SessionFact{Session: session, Outcome: outcome}
		if c.Item == Prime && outcome == Paid {
			f.Subscription, f.PaidUntil = "sandbox/"+session, now+sandboxMonth.Milliseconds()
		}
		// One id for both actions: of a payment and a cancellation at once the
		// first counts.
		if err := s.take(ctx, Event{ID: "sandbox/" + session, Kind: action, At: now, Fact: f}); err != nil {
			return c, err
		}
		if c, err = s.Checkout(ctx, accountID, session); err != nil || c.State == outcome {
			return c, err
		}
	}
	return c, fault.New(fault.Conflict, "CHECKOUT_OVER", "This purchase is "+string(c.State)+".")
}

// now is the database's time.
func (s *Service) now(ctx context.Context) (now int64, err error) {
	return now, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err = tx.Now()
		return err
	})
}
