package api

import (
	"net/http"
	"time"

	"aviso/account"
	"aviso/email"
)

// messageView is a message as GET /api/v1/email/messages/{messageId} shows it.
type messageView struct {
	MessageID     string          `json:"messageId"`
	SMTPMessageID string          `json:"smtpMessageId"`
	Status        string          `json:"status"`
	From          string          `json:"from"`
	Subject       string          `json:"subject"`
	Recipients    []recipientView `json:"recipients"`
	Attempts      []attemptView   `json:"attempts"`
	Charged       int64           `json:"creditsCharged"`
	LastError     *string         `json:"lastError"`
	CreatedAt     string          `json:"createdAt"`
	SentAt        *string         `json:"sentAt"`
	NextAttemptAt *string         `json:"nextAttemptAt"`
}

type recipientView struct {
	Kind     string  `json:"kind"`
	Address  string  `json:"address"`
	State    string  `json:"state"`
	Code     *int    `json:"code"`
	Enhanced *string `json:"enhancedCode"`
	Reply    *string `json:"reply"`
}

type attemptView struct {
	Relay      string  `json:"relay"`
	Outcome    string  `json:"outcome"`
	Code       *int    `json:"code"`
	Enhanced   *string `json:"enhancedCode"`
	Reply      *string `json:"reply"`
	StartedAt  string  `json:"startedAt"`
	DurationMS int64   `json:"durationMs"`
}

// emailMessage answers GET /api/v1/email/messages/{messageId}.
func (a *API) emailMessage(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.lookup(r)
	if err != nil {
		return err
	}
	m, err := a.email.Message(r.Context(), caller.AccountID, r.PathValue("messageId"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewMessage(m))
}

// cancelEmail answers POST /api/v1/email/messages/{messageId}/cancel.
func (a *API) cancelEmail(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.lookup(r)
	if err != nil {
		return err
	}
	id := r.PathValue("messageId")
	if err := a.email.Cancel(r.Context(), caller.AccountID, id); err != nil {
		return err
	}
	m, err := a.email.Message(r.Context(), caller.AccountID, id)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewMessage(m))
}

// lookup lets a key ask about its account's messages, 600 times a minute.
func (a *API) lookup(r *http.Request) (account.Caller, error) {
	caller, err := a.bearer(r)
	if err != nil {
		return caller, err
	}
	if err := a.checkKey(r.Context(), caller); err != nil {
		return caller, err
	}
	if f := a.lookups.Take(caller.KeyID); f != nil {
		return caller, f
	}
	return caller, nil
}

func viewMessage(m *email.Message) messageView {
	v := messageView{MessageID: m.ID, SMTPMessageID: m.SMTPMessageID, Status: string(m.Status), From: m.From, Subject: m.Subject, Charged: m.Charged,
		LastError: orNull(m.LastError), CreatedAt: formatTime(m.CreatedAt), SentAt: formatOptional(m.SentAt), NextAttemptAt: formatOptional(m.NextAttemptAt),
		Recipients: []recipientView{}, Attempts: []attemptView{}}
	for _, r := range m.Recipients {
		v.Recipients = append(v.Recipients, recipientView{r.Kind.String(), r.Address, string(r.State), orNull(r.Code), orNull(r.Enhanced), orNull(r.Reply)})
	}
	for _, t := range m.Attempts {
		v.Attempts = append(v.Attempts, attemptView{t.Relay, t.Outcome, orNull(t.Code), orNull(t.Enhanced), orNull(t.Reply), formatTime(t.StartedAt), t.DurationMS})
	}
	return v
}

// orNull shows a zero value as null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// formatTime writes milliseconds UTC as RFC 3339 with milliseconds.
func formatTime(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

func formatOptional(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := formatTime(ms)
	return &s
}
