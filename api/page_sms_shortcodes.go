package api

import (
	"net/http"

	"aviso/sms"
)

// shortcodeView is a shortcode without its webhook's secret.
type shortcodeView struct {
	ID         string  `json:"id"`
	Code       string  `json:"code"`
	WebhookURL *string `json:"webhookUrl"`
	HasSecret  bool    `json:"hasSecret"`
	Active     bool    `json:"active"`
	CreatedAt  string  `json:"createdAt"`
	LastStatus *int64  `json:"lastStatus"`
}

// newShortcodeView is a shortcode with the secret, if it is another now; no
// other answer holds it.
type newShortcodeView struct {
	shortcodeView
	Secret string `json:"secret,omitempty"`
}

// viewShortcode shows that there is a secret: none is without.
func viewShortcode(c sms.Shortcode) shortcodeView {
	return shortcodeView{c.ID, c.Code, orNull(c.WebhookURL), true, c.Active, formatTime(c.CreatedAt), orNull(c.LastStatus)}
}

// listShortcodes answers GET /api/v1/sms/shortcodes.
func (a *API) listShortcodes(w http.ResponseWriter, r *http.Request, who session) error {
	list, err := a.sms.Shortcodes(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, viewShortcode))
}

// createShortcode answers POST /api/v1/sms/shortcodes.
func (a *API) createShortcode(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Code          string  `json:"code"`
		WebhookURL    *string `json:"webhookUrl"`
		WebhookSecret *string `json:"webhookSecret"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	c, secret, err := a.sms.CreateShortcode(r.Context(), who.ID, who.ID, sms.NewShortcode{Code: body.Code, WebhookURL: body.WebhookURL, Secret: body.WebhookSecret})
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "sms.shortcode", c.ID)
	return succeed(w, http.StatusCreated, newShortcodeView{viewShortcode(c), secret})
}

// patchShortcode answers PATCH /api/v1/sms/shortcodes/{id}.
func (a *API) patchShortcode(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		WebhookURL    optional[string] `json:"webhookUrl"`
		WebhookSecret optional[string] `json:"webhookSecret"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	c, secret, err := a.sms.ChangeShortcode(r.Context(), who.ID, who.ID, r.PathValue("id"), sms.ShortcodeChange{
		WebhookURL: sms.Edit{Given: body.WebhookURL.given, Value: body.WebhookURL.value},
		Secret:     sms.Edit{Given: body.WebhookSecret.given, Value: body.WebhookSecret.value}})
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "sms.shortcode", c.ID)
	return succeed(w, http.StatusOK, newShortcodeView{viewShortcode(c), secret})
}

// deleteShortcode answers DELETE /api/v1/sms/shortcodes/{id}.
func (a *API) deleteShortcode(w http.ResponseWriter, r *http.Request, who session) error {
	id := r.PathValue("id")
	if err := a.sms.DeleteShortcode(r.Context(), who.ID, who.ID, id); err != nil {
		return err
	}
	a.events.Publish(who.ID, "sms.shortcode", id)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// pushView is one call of a webhook.
type pushView struct {
	ID     string  `json:"id"`
	At     string  `json:"at"`
	Status *int64  `json:"status"`
	Error  *string `json:"error"`
	MS     *int64  `json:"ms"`
	Answer *string `json:"answer"`
	Done   bool    `json:"done"`
	Test   bool    `json:"test"`
}

func viewPush(p sms.Push) pushView {
	v := pushView{ID: p.ID, At: formatTime(p.At), Status: orNull(p.Status), Error: orNull(p.Error), Answer: orNull(p.Answer), Done: p.FinishedAt != 0, Test: p.Test}
	if v.Done {
		v.MS = &p.MS
	}
	return v
}

// listPushes answers GET /api/v1/sms/shortcodes/{id}/pushes.
func (a *API) listPushes(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := spanOf(r)
	if err == nil {
		err = s.checkCounted()
	}
	if err != nil {
		return err
	}
	p, err := a.sms.Pushes(r.Context(), who.ID, r.PathValue("id"), s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(p.Items, viewPush), p.Total, p.Capped)
}

// testShortcode answers POST /api/v1/sms/shortcodes/{id}/test.
func (a *API) testShortcode(w http.ResponseWriter, r *http.Request, who session) error {
	p, err := a.sms.TestPush(r.Context(), who.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusAccepted, viewPush(p))
}
