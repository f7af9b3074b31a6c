package billing_test

import (
	"testing"
	"time"

	"aviso/account"
	"aviso/billing"
	"aviso/db"
	"aviso/fault"
)

// What an operator grants and what is paid for do not shorten each other.
func TestGrantedPrime(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		grant := func(id string, until int64) {
			s.write(func(tx *db.Tx) error {
				a, err := account.Find(tx, id)
				if err != nil {
					return err
				}
				return account.SetPrime(tx, "test", a, until)
			})
		}
		hear := func(c *scene, h ...happening) {
			for _, e := range c.tell(func(*scene) []happening { return h }) {
				s.hear(e)
			}
		}
		granted := s.stage(0)
		grant(granted.account, begin+25*day)
		hear(granted, granted.subscription("created", "active", 0, 0, 30))
		s.is(granted.account, standing{Prime: 30})
		hear(granted, granted.ended(20*day))
		s.is(granted.account, standing{Prime: 25})

		later := s.stage(0)
		hear(later, later.subscription("created", "active", 0, 0, 30))
		grant(later.account, begin+400*day)
		hear(later, later.subscription("updated", "active", 30*day, 30, 60))
		s.is(later.account, standing{Prime: 400})
		hear(later, later.ended(40*day))
		s.is(later.account, standing{Prime: 400})

		taken := s.stage(0)
		hear(taken, taken.subscription("created", "active", 0, 0, 30))
		grant(taken.account, begin)
		s.is(taken.account, standing{})
		hear(taken, taken.subscription("updated", "active", 30*day, 30, 60)) // paid for after all
		s.is(taken.account, standing{Prime: 60})
	})
}

// Two subscriptions of one account: the later end counts, and with it gone the
// other's.
func TestTwoSubscriptions(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		other := *c
		other.sub = "sub_other" + c.sub
		for _, h := range []happening{c.subscription("created", "active", 0, 0, 30), other.subscription("created", "active", 0, 0, 45), other.ended(10 * day)} {
			s.tell(h.kind, h.about)
		}
		s.is(c.account, standing{Prime: 30})
	})
}

// Stripe's older versions have the period and the subscription elsewhere.
func TestOlderVersions(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		s.tell("customer.subscription.created", object{"id": c.sub, "status": "active", "customer": object{"id": "cus_1"}, "metadata": object{"checkout": c.prime},
			"current_period_start": begin / 1000, "current_period_end": (begin + 30*day) / 1000})
		s.is(c.account, standing{Prime: 30})
		s.tell("invoice.payment_succeeded", object{"subscription": c.sub, "subscription_details": object{"metadata": object{"checkout": c.prime}},
			"lines": object{"data": []object{{"period": object{"end": (begin + 60*day) / 1000}}}}})
		s.is(c.account, standing{Prime: 60})
	})
}

func TestPrimeAndPortal(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		look := func(want billing.Standing) {
			t.Helper()
			want.Price = catalog.Prime
			if have, err := s.Prime(t.Context(), c.account); err != nil || have != want {
				t.Errorf("%+v, %v", have, err)
			}
		}
		look(billing.Standing{})
		s.tell("customer.subscription.created", c.subscription("created", "active", 0, 0, 30).about)
		until := int64(begin + 30*day)
		look(billing.Standing{Active: true, Until: until, GraceUntil: until + 3*day, Manageable: true})
		if _, err := s.BuyPrime(t.Context(), c.account); fault.Of(err).Code != "ALREADY_SUBSCRIBED" {
			t.Errorf("a second subscription: %v", err)
		}
		if url, err := s.Portal(t.Context(), c.account); err != nil || url == "" || s.till.last().Get("customer") != "cus_1" || s.till.last().Get("return_url") != "https://aviso.test/dashboard/account/prime" {
			t.Errorf("%s, %v, %v", url, err, s.till.last())
		}
		for _, at := range []struct {
			now    int64
			active bool
		}{{until + 3*day - 1, true}, {until + 3*day, false}} {
			s.db.SetClock(func() int64 { return at.now })
			look(billing.Standing{Active: at.active, Until: until, GraceUntil: until + 3*day, Manageable: true})
		}
		s.hear(event(db.NewID(), "customer.subscription.deleted", until, c.ended(30*day).about))
		look(billing.Standing{Until: until, GraceUntil: until + 3*day})
		s.orderPrime(c.account)
		if got := s.till.last().Get("customer"); got != "cus_1" {
			t.Errorf("the customer is %q", got)
		}
	})
}

// What is used up of a tier whose payment is taken back is owed, and taken from
// the next.
func TestUnlimitedIsOwed(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		s.pay(c.session["u"])
		s.db.SetClock(func() int64 { return begin + 20*day })
		s.tell("charge.dispute.created", object{"id": "dp_1", "payment_intent": "pi_" + c.session["u"], "status": "needs_response", "amount": 1500})
		s.is(c.account, standing{Unlimited: 20, OwedUnlimited: 20})
		s.pay(c.session["v"])
		s.is(c.account, standing{Unlimited: 30})
		s.tell("charge.dispute.closed", object{"id": "dp_1", "payment_intent": "pi_" + c.session["u"], "status": "won", "amount": 1500})
		s.is(c.account, standing{Unlimited: 60})
	})
}

func TestSandbox(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := catalog
		c.Provider = billing.Sandbox{}
		var told []string
		c.Changed = func(account, kind, id string) { told = append(told, kind) }
		s.Service = billing.New(s.db, c)
		ctx := t.Context()
		id, stranger := s.customer(), s.customer()
		for _, session := range []string{s.orderEmail(id), s.orderSMS(id), s.orderUnlimited(id), s.orderPrime(id)} {
			for _, action := range []string{"", "PAY", "refund"} {
				if _, err := s.Settle(ctx, id, session, action); fault.Of(err).Field != "action" {
					t.Errorf("%q: %v", action, err)
				}
			}
			if _, err := s.Settle(ctx, stranger, session, "pay"); fault.Of(err).Kind != fault.NotFound {
				t.Errorf("a stranger pays: %v", err)
			}
			if x, err := s.Settle(ctx, id, session, "pay"); err != nil || x.State != billing.Paid {
				t.Errorf("%+v, %v", x, err)
			}
			for _, action := range []string{"pay", "cancel"} {
				if x, err := s.Settle(ctx, id, session, action); fault.Of(err).Code != "CHECKOUT_OVER" || x.State != billing.Paid {
					t.Errorf("%s again: %+v, %v", action, x, err)
				}
			}
		}
		s.is(id, standing{Email: 10_000, SMS: 1_000, Unlimited: 30, Prime: 30})
		s.is(stranger, standing{})
		if len(told) != 2*3+2 { // each checkout, three times credits, once the account
			t.Errorf("%q", told)
		}
		session := s.orderEmail(id)
		if x, err := s.Settle(ctx, id, session, "cancel"); err != nil || x.State != billing.Cancelled {
			t.Errorf("%+v, %v", x, err)
		}
		if _, err := s.Settle(ctx, id, session, "pay"); fault.Of(err).Code != "CHECKOUT_OVER" {
			t.Errorf("a cancelled one: %v", err)
		}
		made, err := s.BuyPrime(ctx, id)
		if err != nil || made.URL != "https://aviso.test/dashboard/checkout/"+made.ID {
			t.Errorf("%+v, %v", made, err)
		}
		if p, err := s.Prime(ctx, id); err != nil || !p.Active || p.Manageable {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := s.Portal(ctx, id); fault.Of(err).Code != "NO_SUBSCRIPTION" {
			t.Errorf("a portal: %v", err)
		}
		body := event("1", "charge.refunded", begin, object{"payment_intent": "pi_1"})
		if err := s.TakeEvent(ctx, body, sign(body, secret, time.Now())); fault.Of(err).Code != "BILLING_DISABLED" {
			t.Errorf("an event of Stripe: %v", err)
		}
		s.is(id, standing{Email: 10_000, SMS: 1_000, Unlimited: 30, Prime: 30})
	})
}
