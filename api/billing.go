package api

import (
	"errors"
	"io"
	"net/http"

	"aviso/billing"
	"aviso/fault"
)

// BillingPages is what the pages that sell need.
type BillingPages struct {
	Service *billing.Service
	// How many shortcodes may be active at a time, without Prime and with it.
	FreeShortcodes, PrimeShortcodes int
}

// billingRoutes is all that costs money.
func (a *API) billingRoutes() []pageRoute {
	return []pageRoute{
		{"POST", "/api/v1/email/credits/checkout", owner, a.buyEmailCredits},
		{"POST", "/api/v1/email/credits/checkout/unlimited", owner, a.buyUnlimited},
		{"POST", "/api/v1/sms/credits/checkout", owner, a.buySMSCredits},
		{"GET", "/api/v1/prime", owner, a.prime},
		{"POST", "/api/v1/prime/checkout", owner, a.buyPrime},
		{"POST", "/api/v1/prime/portal", owner, a.openPortal},
		{"GET", "/api/v1/billing/checkouts/{sessionId}", owner, a.checkout},
		{"POST", "/api/v1/billing/sandbox/{sessionId}", owner, a.settleCheckout},
	}
}

// maxEvent bounds an event of a payment provider.
const maxEvent = 1 << 20

// takeStripeEvent answers POST /api/v1/billing/stripe/webhook. The signature is
// over the bytes as they came, whatever they say they are, and is all that lets
// the caller in.
func (a *API) takeStripeEvent(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return errTooLarge(maxEvent)
	case err != nil:
		return fault.New(fault.Invalid, "INVALID_REQUEST", "The request body ended before it was complete.")
	}
	if err := a.billing.Service.TakeEvent(r.Context(), body, r.Header.Get("Stripe-Signature")); err != nil {
		return err
	}
	respond(w, http.StatusOK, []byte(`{"ok":true}`))
	return nil
}

// checkoutView is where to pay.
type checkoutView struct {
	URL       string `json:"url"`
	SessionID string `json:"sessionId"`
}

// succeedCheckout answers with the page that a purchase has opened, or why it
// has not.
func succeedCheckout(w http.ResponseWriter, s billing.Session, err error) error {
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, checkoutView{s.URL, s.ID})
}

type checkoutRequest struct {
	BundleID string `json:"bundleId"`
}

// buyEmailCredits answers POST /api/v1/email/credits/checkout.
func (a *API) buyEmailCredits(w http.ResponseWriter, r *http.Request, who session) error {
	var body checkoutRequest
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	s, err := a.billing.Service.BuyEmail(r.Context(), who.ID, body.BundleID)
	return succeedCheckout(w, s, err)
}

// buySMSCredits answers POST /api/v1/sms/credits/checkout.
func (a *API) buySMSCredits(w http.ResponseWriter, r *http.Request, who session) error {
	var body checkoutRequest
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	s, err := a.billing.Service.BuySMS(r.Context(), who.ID, body.BundleID)
	return succeedCheckout(w, s, err)
}

// buyUnlimited answers POST /api/v1/email/credits/checkout/unlimited.
func (a *API) buyUnlimited(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := a.billing.Service.BuyUnlimited(r.Context(), who.ID)
	return succeedCheckout(w, s, err)
}

// checkoutState is a purchase as its owner sees it.
type checkoutState struct {
	SessionID string `json:"sessionId"`
	Status    string `json:"status"`
	Item      string `json:"item"`
	Credits   *int64 `json:"credits"`
	Price     int64  `json:"price"`
	Currency  string `json:"currency"`
}

func viewCheckout(c billing.Checkout) checkoutState {
	v := checkoutState{SessionID: c.SessionID, Status: string(c.State), Item: string(c.Item), Price: c.Price.Amount, Currency: c.Price.Currency}
	if c.Item == billing.EmailCredits || c.Item == billing.SMSCredits {
		v.Credits = &c.Units
	}
	return v
}

// checkout answers GET /api/v1/billing/checkouts/{sessionId}.
func (a *API) checkout(w http.ResponseWriter, r *http.Request, who session) error {
	c, err := a.billing.Service.Checkout(r.Context(), who.ID, r.PathValue("sessionId"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewCheckout(c))
}

// settleCheckout answers POST /api/v1/billing/sandbox/{sessionId}.
func (a *API) settleCheckout(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Action string `json:"action"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	c, err := a.billing.Service.Settle(r.Context(), who.ID, r.PathValue("sessionId"), body.Action)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewCheckout(c))
}
