package api_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"aviso/billing"
	"aviso/credit"
)

// What carriers and Stripe sign is not therefore in order: whoever writes a text
// chooses what stands in it, and whoever pays what they are called.
func TestHostileCallbacks(t *testing.T) {
	count, seed := fromEnv(t, "AVISO_TEST_HOSTILE_CALLS", usualCalls)*20, fromEnv(t, "AVISO_TEST_HOSTILE_SEED", 1)
	o := hostileHouse
	o.provider = billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: stripeSecret, APIBase: "http://127.0.0.1:1"})
	each(t, o, func(t *testing.T, h *house) {
		c := chaos{rand.New(rand.NewPCG(uint64(seed), 0))}
		own := h.owner(t)
		own.phone.shortcode(t, "pizza", "http://127.0.0.1:1/")
		ownText(t, own)
		var texts, events int // that were taken
		for range count {
			at := pick(c, []string{"/hooks/sms/air/inbound", "/hooks/sms/air/status"})
			form := c.report()
			if a := h.hostile(t, request{method: "POST", path: at, texts: c.chance(50), body: []byte(form.Encode()), hostile: true,
				header: headers{"Content-Type": formType, signingName: sign(at, form)}}); a.status < 300 {
				texts++
			}
			body := c.event(own.account.ID)
			signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: stripeSecret, Timestamp: time.Now()})
			if a := h.hostile(t, request{method: "POST", path: webhookPath, body: body, hostile: true,
				header: headers{"Content-Type": jsonType, "Stripe-Signature": signed.Header}}); a.status < 300 {
				events++
			}
		}
		if texts < count/4 || events < count/4 {
			t.Errorf("of %d only %d of the carrier's and %d of Stripe's were good enough to be looked at", count, texts, events)
		}
		h.sound(t)
		if _, err := credit.Verify(t.Context(), h.db, func(p credit.Problem) { t.Errorf("the ledger: %+v", p) }); err != nil {
			t.Error(err)
		}
	})
}

const stripeSecret = "whsec_test"

// hostile makes a call that no fault of ours may come of.
func (h *house) hostile(t *testing.T, q request) *answer {
	t.Helper()
	a := h.exchange(t, q)
	if a.status >= 500 {
		t.Errorf("%s %s\n%.2000q\nis answered %d %s", q.method, q.path, q.body, a.status, a.raw)
	}
	return a
}

// report is what a carrier says of a text of its own, or of one of ours.
func (c chaos) report() url.Values {
	form := url.Values{"MessageSid": {"SMair1"}, "From": {"+447700900123"}, "To": {oursNumber}, "Body": {"pizza two of them"},
		"MessageStatus": {pick(c, []string{"delivered", "undelivered", "failed", "sent", "queued"})}, "ErrorCode": {"30008"}, "NumSegments": {"1"}}
	if c.chance(70) {
		form.Set("MessageSid", "SM"+c.text(nil))
	}
	names := slices.Sorted(maps.Keys(form))
	for range c.IntN(3) {
		switch name := pick(c, names); {
		case c.chance(85):
			form.Set(name, c.text([]string{"pizza", "stop", "+447700900123", oursNumber}))
		default:
			form.Del(name)
		}
	}
	return form
}

// eventKinds are those that are read, and one that is not.
var eventKinds = []string{"checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded", "charge.refunded", "refund.updated", "invoice.paid",
	"invoice.payment_failed", "charge.dispute.created", "charge.dispute.closed", "customer.subscription.updated", "customer.subscription.deleted", "payout.paid"}

// event is one of Stripe's about somebody's account, with what is wrong in it.
func (c chaos) event(account string) []byte {
	id := func(kind string) string { return quoted(kind + pick(c, []string{"1", "2", "3", account})) }
	number := func() string {
		return pick(c, []string{"0", "1", "500", "-500", "1772366400", "253402300800", "9223372036854775807", "1.5", "null"})
	}
	object := members{{"id", id("cs_")}, {"object", `"checkout.session"`}, {"client_reference_id", quoted(account)}, {"payment_status", `"paid"`}, {"status", `"complete"`}, {"mode", `"payment"`},
		{"metadata", `{"checkout":` + quoted(account) + `}`}, {"customer", id("cus_")}, {"payment_intent", id("pi_")}, {"subscription", id("sub_")}, {"invoice", id("in_")}, {"charge", id("ch_")},
		{"amount", number()}, {"amount_total", number()}, {"amount_refunded", number()}, {"amount_paid", number()}, {"currency", `"usd"`}, {"created", number()}, {"current_period_end", number()},
		{"items", `{"data":[{"current_period_end":` + number() + `}]}`}, {"lines", `{"data":[{"period":{"end":` + number() + `}}]}`}, {"parent", `{"subscription_details":{"subscription":` + id("sub_") + `}}`}}
	event := members{{"id", quoted("evt_" + c.token())}, {"object", `"event"`}, {"type", quoted(pick(c, eventKinds))}, {"created", pick(c, []string{"1772366400", "1772366401", "0"})}}
	for range c.IntN(3) {
		i := c.IntN(len(object))
		object[i].value = pick(c, []string{quoted(c.text(nil)), pick(c, hostileJSON)})
	}
	if c.chance(15) {
		i := c.IntN(len(event))
		event[i].value = pick(c, []string{quoted(c.text(nil)), pick(c, hostileJSON)})
	}
	event = append(event, member{"data", `{"object":` + object.json() + `}`})
	if body := event.json(); json.Valid([]byte(body)) || c.chance(20) {
		return []byte(body)
	}
	return c.event(account)
}

func (c chaos) token() string { return strings.Repeat(string(rune('a'+c.IntN(26))), 1+c.IntN(9)) }
