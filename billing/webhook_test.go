package billing_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"aviso/billing"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

// everything is what the tables of billing hold.
func (s *shop) everything() string {
	s.t.Helper()
	told := ""
	for _, table := range []string{"billing_events", "billing_payments", "billing_reversals", "billing_subscriptions", "credit_entries", "credit_debts", "audit_entries"} {
		told += fmt.Sprint(table, " ", s.count(`SELECT COUNT(*) FROM `+table), "\n")
	}
	return told
}

// Only who has the secret is listened to, and only within five minutes.
func TestSignatures(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		body := event("1", "checkout.session.completed", begin, object{"id": session, "payment_status": "paid"})
		now := time.Now()
		good := sign(body, secret, now)
		stamp, _, _ := strings.Cut(good, ",")
		before := s.everything()
		for name, header := range map[string]string{
			"none":               "",
			"another secret":     sign(body, "whsec_other", now),
			"no secret":          sign(body, "", now),
			"another body":       sign(bytes.Replace(body, []byte("paid"), []byte("PAID"), 1), secret, now),
			"too old":            sign(body, secret, now.Add(-5*time.Minute-2*time.Second)),
			"another moment":     strings.Replace(good, stamp, fmt.Sprintf("t=%d", now.Unix()-1), 1),
			"no moment":          strings.TrimPrefix(good, stamp+","),
			"no signature":       stamp,
			"an older scheme":    strings.Replace(good, "v1=", "v0=", 1),
			"not hexadecimal":    stamp + ",v1=zz",
			"half of it":         good[:len(good)-10],
			"not a header":       "hello",
			"a moment in words":  "t=now,v1=00",
			"many bad ones":      stamp + strings.Repeat(",v1=00", 5000),
			"bytes of all kinds": "\x00\xff,=,=",
		} {
			if err := s.TakeEvent(t.Context(), body, header); err == nil || fault.Of(err).Code != "SIGNATURE_INVALID" || fault.Of(err).Kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := s.everything(); after != before {
			t.Errorf("something was kept:\n%s", after)
		}
		s.is(id, standing{})
		// A secret that is being replaced signs beside the new one.
		if err := s.TakeEvent(t.Context(), body, stamp+",v1=00,"+strings.TrimPrefix(good, stamp+",")); err != nil {
			t.Error(err)
		}
		s.is(id, standing{Email: 10_000})
		unset := billing.New(s.db, billing.Config{Provider: billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1"})})
		if err := unset.TakeEvent(t.Context(), body, sign(body, "", now)); fault.Of(err).Code != "SIGNATURE_INVALID" {
			t.Errorf("without a secret: %v", err)
		}
	})
}

// hostile are bodies with a good signature that no Stripe would send.
var hostile = map[string]string{
	"empty":                   ``,
	"null":                    `null`,
	"a list":                  `[]`,
	"half":                    `{"id": "evt_1", "object": "event", "type": "checkout.session.comp`,
	"something after it":      `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "cs_1"}}} {}`,
	"a thin event":            `{"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found", "created": "2026-01-01T00:00:00Z"}`,
	"no data":                 `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1}`,
	"data that is null":       `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": null}`,
	"data that is a text":     `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": "cs_1"}`,
	"an object that is null":  `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": null}}`,
	"no id":                   `{"object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "cs_1"}}}`,
	"an id with NUL":          `{"id": "evt_\u0000", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "SESSION", "payment_status": "paid"}}}`,
	"a kind with NUL":         `{"id": "evt_1", "object": "event", "type": "customer.subscription.\u0000", "created": 1, "data": {"object": {"id": "sub_1", "status": "active"}}}`,
	"a session with NUL":      `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "SESSION\u0000", "payment_status": "paid"}}}`,
	"a payment with NUL":      `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "SESSION", "payment_status": "paid", "payment_intent": "\u0000"}}}`,
	"a status with NUL":       `{"id": "evt_1", "object": "event", "type": "customer.subscription.created", "created": 1, "data": {"object": {"id": "sub_1", "status": "\u0000"}}}`,
	"a long id":               `{"id": "evt_LONG", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "SESSION", "payment_status": "paid"}}}`,
	"a session that is a sum": `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": 17, "payment_status": "paid"}}}`,
	"a payment that is true":  `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "SESSION", "payment_status": "paid", "payment_intent": true}}}`,
	"two sessions":            `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": {"object": {"id": "cs_1", "id": "SESSION", "payment_status": "paid"}}}`,
	"a negative moment":       `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": -1, "data": {"object": {"id": "SESSION", "payment_status": "paid"}}}`,
	"a moment out of range":   `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 9223372036854775807, "data": {"object": {"id": "SESSION", "payment_status": "paid"}}}`,
	"a moment in words":       `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": "now", "data": {"object": {"id": "SESSION", "payment_status": "paid"}}}`,
	"a negative refund":       `{"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1, "data": {"object": {"payment_intent": "pi_SESSION", "amount_refunded": -500}}}`,
	"a refund out of range":   `{"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1, "data": {"object": {"payment_intent": "pi_SESSION", "amount_refunded": 9223372036854775807}}}`,
	"half a cent":             `{"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1, "data": {"object": {"payment_intent": "pi_SESSION", "amount_refunded": 0.5}}}`,
	"a dispute of nothing":    `{"id": "evt_1", "object": "event", "type": "charge.dispute.created", "created": 1, "data": {"object": {"payment_intent": "pi_SESSION", "amount": 500}}}`,
	"a negative dispute":      `{"id": "evt_1", "object": "event", "type": "charge.dispute.created", "created": 1, "data": {"object": {"id": "dp_1", "payment_intent": "pi_SESSION", "amount": -500}}}`,
	"a period out of range":   `{"id": "evt_1", "object": "event", "type": "customer.subscription.created", "created": 1, "data": {"object": {"id": "sub_1", "status": "active", "current_period_end": 9223372036854775807}}}`,
	"an invoice out of range": `{"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1, "data": {"object": {"subscription": "sub_1", "lines": {"data": [{"period": {"end": 9223372036854775807}}]}}}}`,
	"invoices all the way":    `{"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1, "data": {"object": DEEP}}`,
	"bytes that are no text":  "{\"id\": \"evt_\xff\", \"object\": \"event\", \"type\": \"checkout.session.completed\", \"created\": 1, \"data\": {\"object\": {\"id\": \"SESSION\"}}}",
}

func hostileBody(text, session string) []byte {
	return []byte(strings.NewReplacer("SESSION", session, "LONG", strings.Repeat("x", 300), "DEEP", strings.Repeat(`{"lines":`, 20_000)+"1"+strings.Repeat("}", 20_000)).Replace(text))
}

// What is signed and cannot be read is the sender's mistake, and nothing stays.
func TestHostileBodies(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		before := s.everything()
		for name, text := range hostile {
			body := hostileBody(text, session)
			err := s.TakeEvent(t.Context(), body, sign(body, secret, time.Now()))
			if err == nil || fault.Of(err).Kind != fault.Invalid || fault.Of(err).Code != "INVALID_REQUEST" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := s.everything(); after != before {
			t.Errorf("something was kept:\n%s", after)
		}
		s.is(id, standing{})
		s.pay(session)
		s.is(id, standing{Email: 10_000})
	})
}

// Numbers at the edge of what can be are neither refused nor too much.
func TestGreatRefunds(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		id := s.customer()
		session := s.orderEmail(id)
		s.pay(session)
		for i := range 5 {
			s.tell("refund.created", object{"id": fmt.Sprint("re_", i), "payment_intent": "pi_" + session, "amount": 999_999_999_999, "status": "succeeded"})
			s.tell("charge.dispute.created", object{"id": fmt.Sprint("dp_", i), "payment_intent": "pi_" + session, "amount": 999_999_999_999, "status": "lost"})
		}
		s.is(id, standing{})
	})
}

// What the database did not take is told again, and taken then.
func TestAnEventThatFails(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		t.Parallel()
		s := openShop(t, url, openTill(t))
		id := s.customer()
		session := s.orderEmail(id)
		body := event("1", "checkout.session.completed", begin, object{"id": session, "payment_status": "paid"})
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := s.TakeEvent(gone, body, sign(body, secret, time.Now())); err == nil {
			t.Error("nobody waited, and it is said to be taken")
		}
		// The last statement of all fails: none of those before it counts.
		s.write(func(tx *db.Tx) error { _, err := tx.Exec(`ALTER TABLE audit_entries RENAME TO away`); return err })
		if err := s.TakeEvent(t.Context(), body, sign(body, secret, time.Now())); err == nil || fault.Of(err).Kind == fault.Invalid {
			t.Errorf("without the audit log: %v", err)
		}
		if s.standing(id) != (standing{}) || s.state(id, session) != billing.Open || s.count(`SELECT COUNT(*) FROM billing_events`) != 0 {
			t.Error("half of it was kept")
		}
		s.write(func(tx *db.Tx) error { _, err := tx.Exec(`ALTER TABLE away RENAME TO audit_entries`); return err })
		s.hear(body)
		s.is(id, standing{Email: 10_000})
	})
}

// FuzzRead holds that no body brings the reader down, and that what it takes for
// an event can be stored.
func FuzzRead(f *testing.F) {
	for _, text := range hostile {
		f.Add(hostileBody(text, "cs_1"))
	}
	for kind, about := range map[string]object{
		"checkout.session.completed":    {"id": "cs_1", "payment_status": "paid", "payment_intent": object{"id": "pi_1"}, "customer": nil},
		"charge.refunded":               {"payment_intent": "pi_1", "amount_refunded": 5},
		"refund.failed":                 {"id": "re_1", "payment_intent": "pi_1", "amount": 5, "status": "failed"},
		"charge.dispute.closed":         {"id": "dp_1", "payment_intent": "pi_1", "amount": 5, "status": "won"},
		"customer.subscription.deleted": {"id": "sub_1", "status": "canceled", "ended_at": 5, "items": object{"data": []object{{"current_period_end": 7}}}},
		"invoice.paid":                  {"subscription": "sub_1", "lines": object{"data": []object{{"period": object{"end": 7}}}}},
	} {
		f.Add(event("1", kind, begin, about))
	}
	s := billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: secret})
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := s.Read(body, sign(body, secret, time.Now()))
		if err != nil {
			if fault.Of(err).Kind != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		text := fmt.Sprintf("%s %s %#v", e.ID, e.Kind, e.Fact)
		if f, ok := e.Fact.(billing.SessionFact); ok {
			f.Checkout = "" // which is compared with ids before any database sees it
			text = fmt.Sprintf("%s %s %#v", e.ID, e.Kind, f)
		}
		if e.At < 0 || len(e.ID) > 255 || strings.Contains(text, `\x00`) || strings.Contains(text, `\u0000`) {
			t.Fatalf("%d %s", e.At, text)
		}
	})
}
