package api

import (
	"net/http"

	"aviso/account"
)

// keyView is an API key without its token.
type keyView struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Prefix     string  `json:"prefix"`
	Last4      string  `json:"last4"`
	Enabled    bool    `json:"enabled"`
	CreatedAt  string  `json:"createdAt"`
	LastUsedAt *string `json:"lastUsedAt"`
	RotatedAt  *string `json:"rotatedAt"`
}

// newKeyView is an API key with its token, which no other answer holds.
type newKeyView struct {
	keyView
	Token string `json:"token"`
}

func viewKey(k account.Key) keyView {
	return keyView{k.ID, k.Name, account.Email.Prefix(), k.Last4, k.Enabled, formatTime(k.CreatedAt), formatOptional(k.LastUsedAt), formatOptional(k.RotatedAt)}
}

// listEmailKeys answers GET /api/v1/email/keys.
func (a *API) listEmailKeys(w http.ResponseWriter, r *http.Request, who session) error {
	list, err := a.emailPages.Keys.List(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, viewKey))
}

// createEmailKey answers POST /api/v1/email/keys.
func (a *API) createEmailKey(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	k, token, err := a.emailPages.Keys.Create(r.Context(), who.Account, body.Name)
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "key", k.ID)
	return succeed(w, http.StatusCreated, newKeyView{viewKey(k), token})
}

// patchEmailKey answers PATCH /api/v1/email/keys/{id}.
func (a *API) patchEmailKey(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Name    *string `json:"name"`
		Enabled *bool   `json:"enabled"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	k, err := a.emailPages.Keys.Change(r.Context(), who.Account, r.PathValue("id"), account.KeyChange{Name: body.Name, Enabled: body.Enabled})
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "key", k.ID)
	return succeed(w, http.StatusOK, viewKey(k))
}

// rotateEmailKey answers POST /api/v1/email/keys/{id}/rotate.
func (a *API) rotateEmailKey(w http.ResponseWriter, r *http.Request, who session) error {
	k, token, err := a.emailPages.Keys.Rotate(r.Context(), who.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "key", k.ID)
	return succeed(w, http.StatusOK, newKeyView{viewKey(k), token})
}

// deleteEmailKey answers DELETE /api/v1/email/keys/{id}.
func (a *API) deleteEmailKey(w http.ResponseWriter, r *http.Request, who session) error {
	id := r.PathValue("id")
	if err := a.emailPages.Keys.Delete(r.Context(), who.Account, id); err != nil {
		return err
	}
	a.events.Publish(who.ID, "key", id)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
