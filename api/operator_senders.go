package api

import (
	"context"
	"net/http"
	"slices"

	"aviso/email"
	"aviso/fault"
)

// senderView is an address that may stand in From, as operators see it.
type senderView struct {
	ID           string              `json:"id"`
	Address      string              `json:"address"`
	DisplayName  string              `json:"displayName"`
	Global       bool                `json:"global"`
	Relay        *string             `json:"relay"`
	DailyCap     *int64              `json:"dailyCap"`
	UsedToday    int64               `json:"usedToday"`
	Installation bool                `json:"installation"`
	Accounts     []senderAccountView `json:"accounts"`
	CreatedAt    string              `json:"createdAt"`
}

type senderAccountView struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	IsDefault bool   `json:"isDefault"`
}

func (a *API) viewSender(x email.Sender) senderView {
	v := senderView{ID: x.ID, Address: x.Address, DisplayName: x.DisplayName, Global: x.Global, Relay: orNull(x.Relay), DailyCap: orNull(x.DailyCap),
		Installation: x.Address == a.email.OwnSender(), CreatedAt: formatTime(x.CreatedAt),
		Accounts: viewAll(x.Accounts, func(u email.SenderAccount) senderAccountView { return senderAccountView{u.ID, u.Email, u.Default} })}
	if x.DailyCap != 0 {
		v.UsedToday = x.Used
	}
	return v
}

// listSenders answers GET /api/v1/operator/senders.
func (a *API) listSenders(w http.ResponseWriter, r *http.Request, _ session) error {
	list, err := a.email.Senders(r.Context())
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, a.viewSender))
}

var errNoSender = fault.New(fault.NotFound, "NOT_FOUND", "There is no such sender.")

// sender returns the sender that the path names by its id. An address, by which
// the commands find one, is no id.
func (a *API) sender(ctx context.Context, id string) (email.Sender, error) {
	list, err := a.email.Senders(ctx)
	if err != nil {
		return email.Sender{}, err
	}
	at := slices.IndexFunc(list, func(x email.Sender) bool { return x.ID == id })
	if at < 0 {
		return email.Sender{}, errNoSender
	}
	return list[at], nil
}

// succeedSender answers with a sender as it is now.
func (a *API) succeedSender(w http.ResponseWriter, r *http.Request, status int, id string) error {
	x, err := a.sender(r.Context(), id)
	if err != nil {
		return err
	}
	a.events.Publish("", "sender", id)
	return succeed(w, status, a.viewSender(x))
}

// createSender answers POST /api/v1/operator/senders.
func (a *API) createSender(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Address     string  `json:"address"`
		DisplayName *string `json:"displayName"`
		Global      bool    `json:"global"`
		Relay       *string `json:"relay"`
		DailyCap    *int64  `json:"dailyCap"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := checkCap(body.DailyCap); err != nil {
		return err
	}
	n := email.NewSender{Address: body.Address, Global: body.Global, DisplayName: orEmpty(body.DisplayName), Relay: orEmpty(body.Relay), DailyCap: orEmpty(body.DailyCap)}
	x, err := a.email.AddSender(r.Context(), who.ID, n)
	if err != nil {
		return asField(err, "relay")
	}
	return a.succeedSender(w, r, http.StatusCreated, x.ID)
}

// checkCap refuses a cap that lets nobody send: that is not what null means.
func checkCap(n *int64) error {
	if n != nil && *n == 0 {
		return fault.Field("INVALID_REQUEST", "dailyCap", "A daily cap is at least 1; null is none.")
	}
	return nil
}

// orEmpty is the value of a field that may be null or absent.
func orEmpty[T any](v *T) (value T) {
	if v != nil {
		value = *v
	}
	return value
}

// asField turns a thing that a body names and that is missing into the caller's
// mistake: only what the path names can be not found.
func asField(err error, field string) error {
	if f := fault.Of(err); f.Kind == fault.NotFound {
		return fault.Field("INVALID_REQUEST", field, f.Message)
	}
	return err
}

// patchSender answers PATCH /api/v1/operator/senders/{id}.
func (a *API) patchSender(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		DisplayName optional[string] `json:"displayName"`
		Global      *bool            `json:"global"`
		Relay       optional[string] `json:"relay"`
		DailyCap    optional[int64]  `json:"dailyCap"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := checkCap(body.DailyCap.value); err != nil {
		return err
	}
	x, err := a.sender(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	_, err = a.email.UpdateSender(r.Context(), who.ID, x.ID, email.SenderChange{DisplayName: body.DisplayName.or(""), Global: body.Global,
		Relay: body.Relay.or(""), DailyCap: body.DailyCap.or(0)})
	if err != nil {
		return asField(err, "relay")
	}
	return a.succeedSender(w, r, http.StatusOK, x.ID)
}

// deleteSender answers DELETE /api/v1/operator/senders/{id}.
func (a *API) deleteSender(w http.ResponseWriter, r *http.Request, who session) error {
	x, err := a.sender(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := a.email.RemoveSender(r.Context(), who.ID, x.ID); err != nil {
		return err
	}
	a.events.Publish("", "sender", x.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// assignSender answers PUT /api/v1/operator/senders/{id}/accounts/{accountId}.
func (a *API) assignSender(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		IsDefault bool `json:"isDefault"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	sender, user, err := a.assignment(r)
	if err != nil {
		return err
	}
	if _, _, err := a.email.AssignSender(r.Context(), who.ID, sender, user, body.IsDefault); err != nil {
		return err
	}
	a.events.Publish(user, "sender", sender)
	return a.succeedSender(w, r, http.StatusOK, sender)
}

// unassignSender answers DELETE /api/v1/operator/senders/{id}/accounts/{accountId}.
func (a *API) unassignSender(w http.ResponseWriter, r *http.Request, who session) error {
	sender, user, err := a.assignment(r)
	if err != nil {
		return err
	}
	if err := a.email.UnassignSender(r.Context(), who.ID, sender, user); err != nil {
		return err
	}
	a.events.Publish(user, "sender", sender)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// assignment returns the ids of the sender and the account that the path names.
func (a *API) assignment(r *http.Request) (sender, user string, err error) {
	s, err := a.sender(r.Context(), r.PathValue("id"))
	if err != nil {
		return "", "", err
	}
	x, _, err := a.operator.Accounts.Find(r.Context(), r.PathValue("accountId"))
	return s.ID, x.ID, err
}
