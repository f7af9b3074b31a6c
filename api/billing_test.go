package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"aviso/billing"
	"aviso/db"
)

// billing is what the house sells: to nobody if the test names no provider.
func (h *house) billing(url string) *billing.Service {
	usd := func(n int64) billing.Price { return billing.Price{Amount: n, Currency: "usd"} }
	return billing.New(h.db, billing.Config{Email: []billing.Bundle{{ID: "10k", Credits: 10_000, Price: usd(500)}}, SMS: []billing.Bundle{{ID: "1k", Credits: 1_000, Price: usd(1000)}},
		Unlimited: usd(1500), Prime: usd(500), Grace: 72 * time.Hour, PublicURL: url, Provider: h.options.provider, Changed: h.events.Publish})
}

// purchases is each way to buy.
var purchases = []struct {
	path string
	body any
	item string
}{
	{"/api/v1/email/credits/checkout", mail{"bundleId": "10k"}, "email_credits"},
	{"/api/v1/sms/credits/checkout", mail{"bundleId": "1k"}, "sms_credits"},
	{"/api/v1/email/credits/checkout/unlimited", nil, "unlimited"},
	{"/api/v1/prime/checkout", nil, "prime"},
}

// Buying in a demonstration, from the order to what it brings.
func TestBuyInSandbox(t *testing.T) {
	each(t, options{noRelay: true, provider: billing.Sandbox{}}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		page, stranger := c.page(t), h.customer(t, 0).page(t)
		for _, p := range purchases {
			a := page.do(t, "POST", p.path, p.body)
			session, _ := a.data("sessionId").(string)
			if a.status != 200 || a.data("url") != h.door.URL+"/dashboard/checkout/"+session {
				t.Fatalf("%s: %d %s", p.path, a.status, a.raw)
			}
			state, till := "/api/v1/billing/checkouts/"+session, "/api/v1/billing/sandbox/"+session
			if a := page.get(t, state); a.status != 200 || a.data("status") != "open" || a.data("item") != p.item {
				t.Errorf("%s: %d %s", p.path, a.status, a.raw)
			}
			stranger.get(t, state).is(t, 404, "NOT_FOUND", "")
			stranger.do(t, "POST", till, mail{"action": "pay"}).is(t, 404, "NOT_FOUND", "")
			page.do(t, "POST", till, mail{"action": "steal"}).is(t, 400, "INVALID_REQUEST", "action")
			if a := page.do(t, "POST", till, mail{"action": "pay"}); a.status != 200 || a.data("status") != "paid" {
				t.Errorf("%s: %d %s", p.path, a.status, a.raw)
			}
			page.do(t, "POST", till, mail{"action": "cancel"}).is(t, 409, "CHECKOUT_OVER", "")
		}
		a := page.get(t, "/api/v1/email/credits")
		if c.balance(t) != 10_000 || a.data("unlimitedUntil") == nil {
			t.Errorf("%s", a.raw)
		}
		a = page.get(t, "/api/v1/prime")
		if a.data("active") != true || a.data("manageable") != false || a.data("price") != 500.0 || a.data("freeShortcodes") != 1.0 || a.data("primeShortcodes") != 5.0 {
			t.Errorf("%s", a.raw)
		}
		page.do(t, "POST", "/api/v1/prime/portal", nil).is(t, 409, "NO_SUBSCRIPTION", "")
		page.do(t, "POST", "/api/v1/email/credits/checkout", mail{"bundleId": "1k"}).is(t, 400, "INVALID_REQUEST", "bundleId")
		page.get(t, "/api/v1/billing/checkouts/%00").is(t, 404, "NOT_FOUND", "")
		c.suspend(t)
		for _, p := range purchases {
			page.do(t, "POST", p.path, p.body).is(t, 403, "ACCOUNT_SUSPENDED", "")
		}
		if a := page.get(t, "/api/v1/prime"); a.status != 200 {
			t.Errorf("a suspended account looks: %s", a.raw)
		}
	})
}

// Where nothing is sold, that is said; what was granted can be looked at.
func TestNothingIsSold(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		page := h.customer(t, 0).page(t)
		for _, p := range purchases {
			page.do(t, "POST", p.path, p.body).is(t, 503, "BILLING_DISABLED", "")
		}
		page.do(t, "POST", "/api/v1/prime/portal", nil).is(t, 503, "BILLING_DISABLED", "")
		page.do(t, "POST", "/api/v1/billing/sandbox/"+db.NewID(), mail{"action": "pay"}).is(t, 404, "NOT_FOUND", "")
		if a := page.get(t, "/api/v1/prime"); a.status != 200 || a.data("active") != false || a.data("until") != nil {
			t.Errorf("%d %s", a.status, a.raw)
		}
		h.exchange(t, request{method: "POST", path: webhookPath, header: headers{"Content-Type": "application/json"}, body: []byte("{}")}).is(t, 503, "BILLING_DISABLED", "")
	})
}

const webhookPath = "/api/v1/billing/stripe/webhook"

// Buying at Stripe: the session, the event that it is paid, and others that are
// not to be believed. It needs no cookie, and another site's is of no use.
func TestBuyAtStripe(t *testing.T) {
	const secret = "whsec_test"
	var mu sync.Mutex
	away := false
	till := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if away {
			w.WriteHeader(http.StatusPaymentRequired)
			fmt.Fprint(w, `{"error": {"type": "api_error", "message": "the operator's secret"}}`)
			return
		}
		id := "cs_" + db.NewID()
		fmt.Fprintf(w, `{"id": %q, "object": "checkout.session", "url": "https://stripe.test/%s"}`, id, id)
	}))
	defer till.Close()
	o := options{noRelay: true, provider: billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: secret, APIBase: till.URL})}
	t.Run("house", func(t *testing.T) {
		each(t, o, func(t *testing.T, h *house) {
			c := h.customer(t, 0)
			page := c.page(t)
			session, _ := page.do(t, "POST", "/api/v1/email/credits/checkout", mail{"bundleId": "10k"}).data("sessionId").(string)
			body, err := json.Marshal(mail{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1, "data": mail{"object": mail{"id": session, "payment_status": "paid"}}})
			if err != nil {
				t.Fatal(err)
			}
			tell := func(body []byte, key string, at time.Time) *answer {
				signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: key, Timestamp: at})
				return h.exchange(t, request{method: "POST", path: webhookPath, body: body,
					header: headers{"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed.Header, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}})
			}
			now := time.Now()
			tell(body, "whsec_other", now).is(t, 400, "SIGNATURE_INVALID", "")
			tell(body, secret, now.Add(-6*time.Minute)).is(t, 400, "SIGNATURE_INVALID", "")
			tell([]byte(`{"object": "event"}`), secret, now).is(t, 400, "INVALID_REQUEST", "")
			tell(bytes.Repeat([]byte(" "), 1<<20+1), secret, now).is(t, 413, "PAYLOAD_TOO_LARGE", "")
			if n := c.balance(t); n != 0 {
				t.Errorf("%d credits for nothing", n)
			}
			for range 2 {
				if a := tell(body, secret, now); a.status != 200 {
					t.Errorf("%d %s", a.status, a.raw)
				}
			}
			if a := tell([]byte(`{"id": "evt_2", "object": "event", "type": "terminal.reader.action_failed", "created": 1, "data": {"object": {}}}`), secret, now); a.status != 200 {
				t.Errorf("what nobody knows: %d %s", a.status, a.raw)
			}
			if n := c.balance(t); n != 10_000 {
				t.Errorf("%d credits", n)
			}
			if a := page.get(t, "/api/v1/billing/checkouts/"+session); a.data("status") != "paid" || a.data("credits") != 10_000.0 {
				t.Errorf("%s", a.raw)
			}
			h.write(t, func(tx *db.Tx) error { _, err := tx.Exec(`ALTER TABLE billing_events RENAME TO away`); return err })
			tell(body, secret, now).is(t, 500, "INTERNAL", "")
			h.write(t, func(tx *db.Tx) error { _, err := tx.Exec(`ALTER TABLE away RENAME TO billing_events`); return err })
		})
	})
	mu.Lock()
	away = true
	mu.Unlock()
	each(t, o, func(t *testing.T, h *house) {
		a := h.customer(t, 0).page(t).do(t, "POST", "/api/v1/prime/checkout", nil)
		if a.is(t, 503, "UNAVAILABLE", ""); bytes.Contains(a.raw, []byte("secret")) || a.header.Get("Retry-After") == "" {
			t.Errorf("%v %s", a.header, a.raw)
		}
	})
}
