package api

import (
	"context"
	"net/http"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/fault"
)

// accountRow is an account as operators see it.
type accountRow struct {
	ID            string  `json:"id"`
	Email         string  `json:"email"`
	Name          string  `json:"name"`
	Role          string  `json:"role"`
	EmailVerified bool    `json:"emailVerified"`
	SuspendedAt   *string `json:"suspendedAt"`
	PrimeUntil    *string `json:"primeUntil"`
	EmailCredits  int64   `json:"emailCredits"`
	SMSCredits    int64   `json:"smsCredits"`
	SMSStatus     string  `json:"smsStatus"`
	CreatedAt     string  `json:"createdAt"`
}

func viewAccount(x account.Account) accountRow {
	role := "customer"
	if x.Admin {
		role = "admin"
	}
	return accountRow{ID: x.ID, Email: x.Email, Name: x.Name, Role: role, EmailVerified: x.MaySend(), SuspendedAt: formatOptional(x.SuspendedAt),
		PrimeUntil: formatOptional(x.PrimeUntil), SMSStatus: "none", CreatedAt: formatTime(x.CreatedAt)}
}

// accountRows adds what the accounts have of each product.
func (a *API) accountRows(ctx context.Context, accounts []account.Account) ([]accountRow, error) {
	ids := viewAll(accounts, func(x account.Account) string { return x.ID })
	mail, err := a.emailPages.Ledger.Balances(ctx, ids, credit.Email)
	if err != nil {
		return nil, err
	}
	texts, err := a.emailPages.Ledger.Balances(ctx, ids, credit.SMS)
	if err != nil {
		return nil, err
	}
	statuses, err := a.sms.Statuses(ctx, ids)
	return viewAll(accounts, func(x account.Account) accountRow {
		v := viewAccount(x)
		v.EmailCredits, v.SMSCredits = mail[x.ID], texts[x.ID]
		if s := statuses[x.ID]; s != "" {
			v.SMSStatus = s
		}
		return v
	}), err
}

// listAccounts answers GET /api/v1/operator/accounts.
func (a *API) listAccounts(w http.ResponseWriter, r *http.Request, _ session) error {
	s, query, err := searchOf(r)
	if err != nil {
		return err
	}
	p, err := a.operator.Accounts.List(r.Context(), account.Filter{Query: query, Before: s.before, Offset: s.offset, Limit: s.limit})
	if err != nil {
		return err
	}
	rows, err := a.accountRows(r.Context(), p.Accounts)
	if err != nil {
		return err
	}
	return succeedList(w, s, rows, p.Total, p.Capped)
}

// accountDetailView is one account with all that it has.
type accountDetailView struct {
	accountRow
	UnlimitedUntil *string          `json:"unlimitedUntil"`
	EmailAccount   emailAccountView `json:"emailAccount"`
	EmailKeys      []keyView        `json:"emailKeys"`
	Senders        []addressView    `json:"senders"`
	SMSAccount     smsAccountView   `json:"smsAccount"`
	Shortcodes     []shortcodeView  `json:"shortcodes"`
}

// accountDetail answers GET /api/v1/operator/accounts/{id}.
func (a *API) accountDetail(w http.ResponseWriter, r *http.Request, _ session) error {
	ctx := r.Context()
	x, _, err := a.operator.Accounts.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	totals, err := a.email.Totals(ctx, x.ID)
	if err != nil {
		return err
	}
	keys, err := a.emailPages.Keys.List(ctx, x.ID)
	if err != nil {
		return err
	}
	senders, err := a.email.Addresses(ctx, x.ID)
	if err != nil {
		return err
	}
	glance, err := a.sms.Glance(ctx, x.ID)
	if err != nil {
		return err
	}
	codes, err := a.sms.Shortcodes(ctx, x.ID)
	if err != nil {
		return err
	}
	row := viewAccount(x)
	row.EmailCredits, row.SMSCredits, row.SMSStatus = totals.Credits.Credits, glance.Credits, glance.Status
	mail := viewTotals(totals)
	return succeed(w, http.StatusOK, accountDetailView{accountRow: row, UnlimitedUntil: mail.Credits.UnlimitedUntil, EmailAccount: mail,
		EmailKeys: viewAll(keys, viewKey), Senders: viewAll(senders, viewAddress), SMSAccount: viewGlance(glance), Shortcodes: viewAll(codes, viewShortcode)})
}

// suspendAccount answers POST /api/v1/operator/accounts/{id}/suspend.
func (a *API) suspendAccount(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Reason *string `json:"reason"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	reason := ""
	if body.Reason != nil {
		reason = *body.Reason
	}
	id := r.PathValue("id")
	if err := a.operator.Accounts.Suspend(r.Context(), who.ID, id, reason); err != nil {
		return err
	}
	a.events.Publish(id, "account", id)
	return a.accountDetail(w, r, who)
}

// unsuspendAccount answers POST /api/v1/operator/accounts/{id}/unsuspend.
func (a *API) unsuspendAccount(w http.ResponseWriter, r *http.Request, who session) error {
	x, _, err := a.operator.Accounts.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, _, err := a.email.Unsuspend(r.Context(), who.ID, x.ID); err != nil {
		return err
	}
	a.events.Publish(x.ID, "account", x.ID)
	return a.accountDetail(w, r, who)
}

// grantCredits answers POST /api/v1/operator/accounts/{id}/credits.
func (a *API) grantCredits(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Product string `json:"product"`
		Amount  int64  `json:"amount"`
		Reason  string `json:"reason"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	product := credit.Product(body.Product)
	if product != credit.Email && product != credit.SMS {
		return fault.Field("INVALID_REQUEST", "product", "product must be email or sms.")
	}
	x, _, err := a.operator.Accounts.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	e, err := a.emailPages.Ledger.Grant(r.Context(), who.ID, x.ID, product, body.Amount, body.Reason)
	if err != nil {
		return err
	}
	a.events.Publish(x.ID, "credits", string(product))
	return succeed(w, http.StatusOK, viewEntry(e))
}

// setPrime answers POST /api/v1/operator/accounts/{id}/prime.
func (a *API) setPrime(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Until optional[string] `json:"until"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	until := int64(0)
	if v := body.Until.value; v != nil {
		t, err := time.Parse(time.RFC3339, *v)
		if err != nil || t.UnixMilli() <= 0 || t.Year() > 9999 {
			return errUntil
		}
		until = t.UnixMilli()
	} else if !body.Until.given {
		return errUntil
	}
	id := r.PathValue("id")
	if err := a.operator.Accounts.SetPrime(r.Context(), who.ID, id, until); err != nil {
		return err
	}
	a.events.Publish(id, "account", id)
	return a.accountDetail(w, r, who)
}

var errUntil = fault.Field("INVALID_REQUEST", "until", "until must be a time such as 2027-01-01T00:00:00Z, or null to end Prime now.")

// inviteView is an invite without its token.
type inviteView struct {
	ID        string  `json:"id"`
	Email     *string `json:"email"`
	CreatedAt string  `json:"createdAt"`
	ExpiresAt string  `json:"expiresAt"`
	UsedAt    *string `json:"usedAt"`
	UsedBy    *string `json:"usedBy"`
}

// newInviteView is an invite with its token, which no other answer holds.
type newInviteView struct {
	inviteView
	Token string `json:"token"`
	URL   string `json:"url"`
}

func viewInvite(v account.Invite) inviteView {
	return inviteView{v.ID, orNull(v.Email), formatTime(v.CreatedAt), formatTime(v.ExpiresAt), formatOptional(v.UsedAt), orNull(v.UsedBy)}
}

// listInvites answers GET /api/v1/operator/invites.
func (a *API) listInvites(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	list, total, err := a.operator.Accounts.Invites(r.Context(), s.limit, s.offset, s.before)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, viewInvite), total, false)
}

// createInvite answers POST /api/v1/operator/invites.
func (a *API) createInvite(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Email *string `json:"email"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	address := ""
	if body.Email != nil {
		address = *body.Email
	}
	v, token, err := a.operator.Accounts.Invite(r.Context(), who.ID, address)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusCreated, newInviteView{viewInvite(v), token, a.desk.InviteURL(token)})
}
