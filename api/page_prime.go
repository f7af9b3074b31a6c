package api

import "net/http"

// primePage is the subscription as its owner sees it.
type primePage struct {
	Active          bool    `json:"active"`
	Until           *string `json:"until"`
	GraceUntil      *string `json:"graceUntil"`
	Price           int64   `json:"price"`
	Currency        string  `json:"currency"`
	FreeShortcodes  int     `json:"freeShortcodes"`
	PrimeShortcodes int     `json:"primeShortcodes"`
	Manageable      bool    `json:"manageable"`
}

// prime answers GET /api/v1/prime.
func (a *API) prime(w http.ResponseWriter, r *http.Request, who session) error {
	p, err := a.billing.Service.Prime(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, primePage{Active: p.Active, Until: formatOptional(p.Until), GraceUntil: formatOptional(p.GraceUntil), Price: p.Price.Amount,
		Currency: p.Price.Currency, FreeShortcodes: a.billing.FreeShortcodes, PrimeShortcodes: a.billing.PrimeShortcodes, Manageable: p.Manageable})
}

// buyPrime answers POST /api/v1/prime/checkout.
func (a *API) buyPrime(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := a.billing.Service.BuyPrime(r.Context(), who.ID)
	return succeedCheckout(w, s, err)
}

// openPortal answers POST /api/v1/prime/portal.
func (a *API) openPortal(w http.ResponseWriter, r *http.Request, who session) error {
	url, err := a.billing.Service.Portal(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, struct {
		URL string `json:"url"`
	}{url})
}
