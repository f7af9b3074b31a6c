package api

import (
	"net/http"

	"aviso/audit"
	"aviso/fault"
	"aviso/inbox"
)

type sandboxMailView struct {
	ID         string   `json:"id"`
	Relay      string   `json:"relay"`
	MessageID  *string  `json:"messageId"`
	From       string   `json:"from"`
	To         []string `json:"to"`
	Subject    string   `json:"subject"`
	Bytes      int64    `json:"bytes"`
	ReceivedAt string   `json:"receivedAt"`
}

// listSandboxMail answers GET /api/v1/operator/sandbox/mail.
func (a *API) listSandboxMail(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	list, total, err := a.operator.Mails.Page(r.Context(), s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, func(m inbox.Captured) sandboxMailView {
		return sandboxMailView{m.ID, m.Relay, orNull(m.MessageID), m.From, m.To, m.Subject, m.Bytes, formatTime(m.ReceivedAt)}
	}), total, false)
}

// captured returns the message that the path names.
func (a *API) captured(r *http.Request) ([]byte, error) {
	id, err := pathName(r, "id")
	if err != nil {
		return nil, err
	}
	data, err := a.operator.Mails.Data(r.Context(), id)
	if err == nil && data == nil {
		err = fault.New(fault.NotFound, "NOT_FOUND", "The sandbox has no such message; it keeps the latest only.")
	}
	return data, err
}

// hostile is the policy under which a captured message is shown. Whoever sent it
// wrote it: nothing of it may run, load, submit or ask for anything, also when it
// is opened by itself and not in the page's frame.
const hostile = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

func writeHostile(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", hostile)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-DNS-Prefetch-Control", "off")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	w.Write(body)
}

// sandboxMailRaw answers GET /api/v1/operator/sandbox/mail/{id}/raw.
func (a *API) sandboxMailRaw(w http.ResponseWriter, r *http.Request, _ session) error {
	data, err := a.captured(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="message.eml"`)
	writeHostile(w, "message/rfc822", data)
	return nil
}

// sandboxMailHTML answers GET /api/v1/operator/sandbox/mail/{id}/html.
func (a *API) sandboxMailHTML(w http.ResponseWriter, r *http.Request, _ session) error {
	data, err := a.captured(r)
	if err != nil {
		return err
	}
	writeHostile(w, "text/html; charset=utf-8", []byte(renderMail(data)))
	return nil
}

type sandboxTextView struct {
	ID         string  `json:"id"`
	Gateway    string  `json:"gateway"`
	MessageID  *string `json:"messageId"`
	Direction  string  `json:"direction"`
	From       string  `json:"from"`
	To         string  `json:"to"`
	Content    string  `json:"content"`
	Encoding   *string `json:"encoding"`
	Segments   int64   `json:"segments"`
	ReceivedAt string  `json:"receivedAt"`
}

// viewCapturedText shows the id of a text that went out only: that of one that
// came in is what its repetition would share, and is in nobody's list.
func viewCapturedText(t inbox.Text) sandboxTextView {
	v := sandboxTextView{ID: t.ID, Gateway: t.Gateway, Direction: string(t.Direction), From: t.From, To: t.To, Content: t.Content,
		Encoding: orNull(string(t.Encoding)), Segments: max(1, t.Segments), ReceivedAt: formatTime(t.ReceivedAt)}
	if t.Direction == inbox.Out {
		v.MessageID = orNull(t.MessageID)
	}
	return v
}

// listSandboxTexts answers GET /api/v1/operator/sandbox/texts.
func (a *API) listSandboxTexts(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	list, total, err := a.operator.Texts.Page(r.Context(), s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, viewCapturedText), total, false)
}

// injectText answers POST /api/v1/operator/sandbox/inbound.
func (a *API) injectText(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		From string `json:"from"`
		Text string `json:"text"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	switch {
	case body.From == "" || !showable(body.From, 30):
		return fault.Field("INVALID_REQUEST", "from", "from must be a number of 1 to 30 characters, such as +14155551212.")
	case body.Text == "" || len(body.Text) > 4*1600 || len([]rune(body.Text)) > 1600:
		return fault.Field("INVALID_REQUEST", "text", "text must have 1 to 1600 characters.")
	case a.operator.Inject == nil:
		return fault.New(fault.Conflict, "NO_SANDBOX", "No gateway is a sandbox.")
	}
	if err := a.operator.Audit.Append(r.Context(), audit.Entry{Actor: who.ID, Action: "sms.inject", Subject: body.From}); err != nil {
		return err
	}
	if err := a.operator.Inject(r.Context(), body.From, body.Text); err != nil {
		return err
	}
	a.events.Publish("", "sandbox.text", "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
