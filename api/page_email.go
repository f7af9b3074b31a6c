package api

import (
	"net/http"

	"aviso/account"
	"aviso/credit"
	"aviso/email"
	"aviso/fault"
)

// EmailPages is what the email pages need beside the service itself.
type EmailPages struct {
	Keys   *account.Keyring
	Ledger *credit.Ledger
	// Bundles are for sale, in this order.
	Bundles []Bundle
}

// Bundle is something for sale: credits, or days of the unlimited tier.
type Bundle struct {
	ID       string
	Credits  int64  // 0 for the unlimited tier
	Days     int64  // of the unlimited tier; else 0
	Price    int64  // in the smallest unit of the currency
	Currency string // ISO 4217, lower case
}

// emailRoutes is the email of the account that is signed in.
func (a *API) emailRoutes() []pageRoute {
	return []pageRoute{
		{"GET", "/api/v1/email/account", owner, a.emailAccount},
		{"GET", "/api/v1/email/addresses", owner, a.listEmailAddresses},
		{"PATCH", "/api/v1/email/addresses/{id}", owner, a.patchEmailAddress},
		{"GET", "/api/v1/email/cap-status", owner, a.emailCaps},
		{"GET", "/api/v1/email/keys", owner, a.listEmailKeys},
		{"POST", "/api/v1/email/keys", owner, a.createEmailKey},
		{"PATCH", "/api/v1/email/keys/{id}", owner, a.patchEmailKey},
		{"POST", "/api/v1/email/keys/{id}/rotate", owner, a.rotateEmailKey},
		{"DELETE", "/api/v1/email/keys/{id}", owner, a.deleteEmailKey},
		{"GET", "/api/v1/email/logs", owner, a.listEmailLogs},
		{"GET", "/api/v1/email/logs/{messageId}", owner, a.emailLog},
		{"POST", "/api/v1/email/logs/{messageId}/cancel", owner, a.cancelEmailLog},
		{"GET", "/api/v1/email/credits", owner, a.emailCredits},
		{"GET", "/api/v1/email/credits/bundles", owner, a.listEmailBundles},
		{"GET", "/api/v1/email/credits/history", owner, a.listEmailCredits},
		{"GET", "/api/v1/email/stats", owner, a.emailStats},
	}
}

type emailAccountView struct {
	SenderDefault string      `json:"senderDefault"`
	Credits       creditsView `json:"credits"`
	Keys          int64       `json:"keys"`
	SentToday     int64       `json:"sentToday"`
	SentTotal     int64       `json:"sentTotal"`
	FailedTotal   int64       `json:"failedTotal"`
	Queued        int64       `json:"queued"`
}

// emailAccount answers GET /api/v1/email/account.
func (a *API) emailAccount(w http.ResponseWriter, r *http.Request, who session) error {
	t, err := a.email.Totals(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewTotals(t))
}

func viewTotals(t email.Totals) emailAccountView {
	return emailAccountView{SenderDefault: t.SenderDefault, Credits: viewCredits(t.Credits, t.Now), Keys: t.Keys, SentToday: t.SentToday,
		SentTotal: t.Sent, FailedTotal: t.Failed, Queued: t.Queued}
}

type addressView struct {
	ID          string `json:"id"`
	Address     string `json:"address"`
	DisplayName string `json:"displayName"`
	Global      bool   `json:"global"`
	IsDefault   bool   `json:"isDefault"`
	DailyCap    *int64 `json:"dailyCap"`
	UsedToday   int64  `json:"usedToday"`
}

func viewAddress(x email.Address) addressView {
	return addressView{x.ID, x.Address, x.DisplayName, x.Global, x.Default, orNull(x.DailyCap), x.Used}
}

// listEmailAddresses answers GET /api/v1/email/addresses.
func (a *API) listEmailAddresses(w http.ResponseWriter, r *http.Request, who session) error {
	list, err := a.email.Addresses(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, viewAddress))
}

// patchEmailAddress answers PATCH /api/v1/email/addresses/{id}. An address
// ceases to be the default by making another one that.
func (a *API) patchEmailAddress(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		IsDefault bool `json:"isDefault"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if !body.IsDefault {
		return fault.Field("INVALID_REQUEST", "isDefault", "isDefault must be true. Make another address the default to end this one's being it.")
	}
	x, err := a.email.SetDefault(r.Context(), who.ID, who.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewAddress(x))
}

type capView struct {
	Scope     string `json:"scope"`
	Name      string `json:"name"`
	Cap       int64  `json:"cap"`
	Used      int64  `json:"used"`
	Remaining int64  `json:"remaining"`
	ResetsAt  string `json:"resetsAt"`
	Queued    int64  `json:"queued"`
}

// emailCaps answers GET /api/v1/email/cap-status.
func (a *API) emailCaps(w http.ResponseWriter, r *http.Request, who session) error {
	list, err := a.email.CapStates(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, func(c email.CapState) capView {
		scope := "sender"
		if c.Relay {
			scope = "relay"
		}
		return capView{scope, c.Name, c.Cap, c.Used, max(0, c.Cap-c.Used), formatTime(c.ResetsAt), c.Queued}
	}))
}

// viewAll shows each item of a list.
func viewAll[T, V any](list []T, view func(T) V) []V {
	views := make([]V, len(list))
	for i, x := range list {
		views[i] = view(x)
	}
	return views
}
