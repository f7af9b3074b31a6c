package billing_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"aviso/account"
	"aviso/billing"
	"aviso/credit"
	"aviso/db"
	"aviso/fault"
)

// Each item from the order to what it brings; told again, it brings no more.
func TestPurchases(t *testing.T) {
	rows := []struct {
		name  string
		order func(*shop, string) string
		item  billing.Item
		form  map[string]string // what Stripe is asked for
		paid  object            // more of the event
		want  standing
	}{
		{"email", (*shop).orderEmail, billing.EmailCredits, map[string]string{"mode": "payment", "line_items[0][price_data][unit_amount]": "500",
			"line_items[0][price_data][currency]": "usd", "line_items[0][price_data][product_data][name]": "10000 email credits", "line_items[0][quantity]": "1"}, nil, standing{Email: 10_000}},
		{"texts", (*shop).orderSMS, billing.SMSCredits, map[string]string{"mode": "payment", "line_items[0][price_data][unit_amount]": "999",
			"line_items[0][price_data][currency]": "eur", "line_items[0][price_data][product_data][name]": "1000 SMS credits"}, nil, standing{SMS: 1_000}},
		{"unlimited", (*shop).orderUnlimited, billing.Unlimited, map[string]string{"mode": "payment", "line_items[0][price_data][unit_amount]": "1500"}, nil, standing{Unlimited: 30}},
		{"prime", (*shop).orderPrime, billing.Prime, map[string]string{"mode": "subscription", "line_items[0][price_data][unit_amount]": "500",
			"line_items[0][price_data][recurring][interval]": "month"}, object{"payment_intent": nil, "subscription": "sub_1", "customer": "cus_1"}, standing{Prime: 28}},
	}
	each(t, func(t *testing.T, s *shop) {
		for _, r := range rows {
			if r.item == billing.Prime {
				r.paid["subscription"] = "sub_" + db.NewID()
			}
			id := s.customer()
			session := r.order(s, id)
			form := s.till.last()
			for k, v := range r.form {
				if form.Get(k) != v {
					t.Errorf("%s: %s is %q", r.name, k, form.Get(k))
				}
			}
			ours := form.Get("client_reference_id")
			for _, k := range []string{"metadata[checkout]", "subscription_data[metadata][checkout]", "payment_intent_data[metadata][checkout]"} {
				if v := form.Get(k); v != ours && !(v == "" && strings.Contains(k, "_data")) {
					t.Errorf("%s: %s is %q", r.name, k, v)
				}
			}
			if got := form.Get("success_url"); got != "https://aviso.test/dashboard/checkout/{CHECKOUT_SESSION_ID}" {
				t.Errorf("%s leads to %s", r.name, got)
			}
			s.is(id, standing{})
			if got := s.state(id, session); got != billing.Open {
				t.Errorf("%s is %s", r.name, got)
			}
			about := object{"id": session, "payment_status": "paid", "payment_intent": "pi_" + session, "mode": r.form["mode"]}
			for k, v := range r.paid {
				about[k] = v
			}
			first := event(db.NewID(), "checkout.session.completed", begin, about)
			s.hear(first)
			s.hear(first)
			s.hear(event(db.NewID(), "checkout.session.completed", begin, about))
			s.hear(event(db.NewID(), "checkout.session.async_payment_succeeded", begin, about))
			s.is(id, r.want)
			if got := s.state(id, session); got != billing.Paid {
				t.Errorf("%s is %s", r.name, got)
			}
			if n := s.count(`SELECT COUNT(*) FROM audit_entries WHERE subject = $1 AND action = 'billing.purchase' AND actor = 'stripe'`, id); n != 1 {
				t.Errorf("%s is in the audit log %d times", r.name, n)
			}
			entries := s.count(`SELECT COUNT(*) FROM credit_entries WHERE account_id = $1`, id)
			if named := s.count(`SELECT COUNT(*) FROM credit_entries WHERE account_id = $1 AND ref = $2 AND reason = 'purchase'`, id, "purchase/"+session); named != entries || entries > 1 {
				t.Errorf("%s: %d entries, %d of them of the purchase", r.name, entries, named)
			}
		}
	})
}

// What is not paid brings nothing.
func TestUnpaid(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, r := range []struct {
			kind, status string
			state        billing.State
		}{
			{"checkout.session.completed", "unpaid", billing.Open},
			{"checkout.session.completed", "no_payment_required", billing.Open},
			{"checkout.session.completed", "", billing.Open},
			{"checkout.session.async_payment_failed", "unpaid", billing.Cancelled},
			{"checkout.session.expired", "unpaid", billing.Expired},
			{"checkout.session.expired", "paid", billing.Expired},
		} {
			id := s.customer()
			session := s.orderEmail(id)
			s.tell(r.kind, object{"id": session, "payment_status": r.status, "mode": "payment", "amount_total": 1_000_000, "metadata": object{"units": "1000000"}})
			s.is(id, standing{})
			if got := s.state(id, session); got != r.state {
				t.Errorf("after %s, %s it is %s", r.kind, r.status, got)
			}
			s.pay(session)
			s.is(id, standing{Email: 10_000})
		}
	})
}

// An event that overtakes the answer to the order it is about.
func TestOvertaken(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.till.overtake = func(session string, asked url.Values) {
			s.tell("checkout.session.completed", object{"id": session, "client_reference_id": asked.Get("client_reference_id"), "payment_status": "paid"})
		}
		id := s.customer()
		session := s.orderEmail(id)
		if got := s.state(id, session); got != billing.Paid {
			t.Errorf("it is %s", got)
		}
		s.pay(session)
		s.is(id, standing{Email: 10_000})
	})
}

// Sessions and payments of another shop with the same account at Stripe.
func TestForeignEvents(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		ours := s.till.last().Get("client_reference_id")
		s.tell("checkout.session.completed", object{"id": "cs_other", "payment_status": "paid", "payment_intent": "pi_other"})
		s.tell("checkout.session.completed", object{"id": "cs_other", "payment_status": "paid", "client_reference_id": db.NewID()})
		s.tell("checkout.session.completed", object{"id": "cs_other", "payment_status": "paid", "client_reference_id": ours}) // whose session is another
		s.tell("charge.refunded", object{"id": "ch_1", "payment_intent": "pi_other", "amount_refunded": 500})
		s.tell("charge.refunded", object{"id": "ch_1", "payment_intent": nil, "amount_refunded": 500})
		s.tell("customer.subscription.created", object{"id": "sub_other", "status": "active", "current_period_end": begin/1000 + 9999})
		s.tell("customer.created", object{"id": "cus_other"})
		s.is(id, standing{})
		if got := s.state(id, session); got != billing.Open {
			t.Errorf("it is %s", got)
		}
		if n := s.count(`SELECT COUNT(*) FROM billing_events WHERE kind LIKE 'checkout%' OR kind = 'customer.created'`); n != 0 {
			t.Errorf("%d events are kept that are nobody's", n)
		}
		s.pay(session)
		s.is(id, standing{Email: 10_000})
	})
}

// Who may not buy, and what is not for sale.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		code := func(err error, want string) {
			t.Helper()
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != want {
				t.Errorf("%v, not %s", err, want)
			}
		}
		id := s.customer()
		for _, bundle := range []string{"", "1k", "unlimited", "10K", "10k "} {
			_, err := s.BuyEmail(ctx, id, bundle)
			code(err, "INVALID_REQUEST")
		}
		stopped := s.customer()
		s.write(func(tx *db.Tx) error {
			a, err := account.Find(tx, stopped)
			if err != nil {
				return err
			}
			return account.Suspend(tx, "test", a)
		})
		for _, order := range []func(context.Context) (billing.Session, error){
			func(ctx context.Context) (billing.Session, error) { return s.BuyEmail(ctx, stopped, "10k") },
			func(ctx context.Context) (billing.Session, error) { return s.BuyUnlimited(ctx, stopped) },
			func(ctx context.Context) (billing.Session, error) { return s.BuyPrime(ctx, stopped) },
		} {
			_, err := order(ctx)
			code(err, "ACCOUNT_SUSPENDED")
		}
		if len(s.till.asked) != 0 || s.count(`SELECT COUNT(*) FROM billing_checkouts`) != 0 {
			t.Error("Stripe was asked, or a row was made")
		}
		session := s.orderEmail(id)
		for _, foreign := range []string{session + "x", "", "\x00", "ä", strings.Repeat("x", 300)} {
			_, err := s.Checkout(ctx, id, foreign)
			code(err, "NOT_FOUND")
		}
		_, err := s.Checkout(ctx, s.customer(), session)
		code(err, "NOT_FOUND")
		_, err = s.Settle(ctx, id, session, "pay") // which is for the sandbox
		code(err, "NOT_FOUND")
		_, err = s.Portal(ctx, id)
		code(err, "NO_SUBSCRIPTION")

		off := billing.New(s.db, billing.Config{Email: catalog.Email, Unlimited: catalog.Unlimited, Prime: catalog.Prime})
		_, err = off.BuyEmail(ctx, id, "10k")
		code(err, "BILLING_DISABLED")
		_, err = off.BuyEmail(ctx, id, "unknown")
		code(err, "BILLING_DISABLED")
		_, err = off.BuyUnlimited(ctx, id)
		code(err, "BILLING_DISABLED")
		_, err = off.BuyPrime(ctx, id)
		code(err, "BILLING_DISABLED")
		_, err = off.Portal(ctx, id)
		code(err, "BILLING_DISABLED")
		code(off.TakeEvent(ctx, nil, ""), "BILLING_DISABLED")
		if off.Mode() != "off" || s.Mode() != "stripe" {
			t.Errorf("%s, %s", off.Mode(), s.Mode())
		}
	})
}

// A provider that refuses, and a customer that it has forgotten.
func TestProviderRefuses(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		s.till.refuse = func(url.Values) (int, string) { return 402, `{"error": {"type": "card_error", "message": "no"}}` }
		_, err := s.BuyEmail(t.Context(), id, "10k")
		if f := fault.Of(err); f.Code != "UNAVAILABLE" || f.RetryAfter == 0 || strings.Contains(err.Error(), "sk_test") {
			t.Errorf("%v", err)
		}
		if n := s.count(`SELECT COUNT(*) FROM billing_checkouts WHERE state = 'cancelled'`); n != 1 {
			t.Errorf("%d checkouts are cancelled", n)
		}
		s.till.refuse = nil
		s.tell("customer.subscription.created", object{"id": "sub_old", "status": "canceled", "customer": "cus_gone", "metadata": object{"checkout": s.reference(s.orderPrime(id))}})
		s.till.refuse = func(form url.Values) (int, string) {
			if form.Get("customer") != "" {
				return 400, `{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "customer", "message": "No such customer"}}`
			}
			return 0, ""
		}
		s.pay(s.orderEmail(id))
		n := len(s.till.asked)
		if s.till.asked[n-2].Get("customer") != "cus_gone" || s.till.last().Get("customer") != "" || s.till.last().Get("customer_email") == "" {
			t.Errorf("%v", s.till.asked[n-2:])
		}
		if keys := slices.Compact(slices.Sorted(slices.Values(s.till.keys))); len(keys) != len(s.till.keys) || slices.Contains(keys, "") {
			t.Errorf("requests share a key, or have none: %q", s.till.keys)
		}
	})
}

// reference is the order's id that a session was made for.
func (s *shop) reference(session string) (id string) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		return tx.Row(`SELECT id FROM billing_checkouts WHERE session_id = $1`, []any{session}, &id)
	})
	return id
}

// A bundle that is no longer sold, or costs more, is delivered as it was bought.
func TestWhatWasBoughtIsDelivered(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		c := catalog
		c.Email = nil
		c.Provider = billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: secret, APIBase: s.till.URL})
		s.Service = billing.New(s.db, c)
		s.pay(session)
		s.is(id, standing{Email: 10_000})
	})
}

// What an operator grants is not swallowed by what is owed.
func TestGrantsPayNoDebt(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		s.pay(session)
		s.spend(id, 9_000)
		s.tell("charge.refunded", object{"id": "ch_1", "payment_intent": "pi_" + session, "amount_refunded": 500})
		s.is(id, standing{OwedEmail: 9_000})
		s.write(func(tx *db.Tx) error {
			_, err := credit.Grant(tx, "test", id, credit.Email, 50, "")
			return err
		})
		s.is(id, standing{Email: 50, OwedEmail: 9_000})
		s.pay(s.orderEmail(id))
		s.is(id, standing{Email: 1_050})
	})
}
