package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"aviso/email"
	"aviso/fault"
)

// logView is one message of the log.
type logView struct {
	MessageID     string   `json:"messageId"`
	SMTPMessageID string   `json:"smtpMessageId"`
	KeyID         string   `json:"keyId"`
	KeyName       *string  `json:"keyName"`
	Channel       string   `json:"channel"`
	From          string   `json:"from"`
	To            []string `json:"to"`
	Cc            []string `json:"cc"`
	Bcc           []string `json:"bcc"`
	Subject       string   `json:"subject"`
	Status        string   `json:"status"`
	Recipients    int64    `json:"recipients"`
	Charged       int64    `json:"creditsCharged"`
	Attempts      int64    `json:"attempts"`
	LastError     *string  `json:"lastError"`
	CreatedAt     string   `json:"createdAt"`
	SentAt        *string  `json:"sentAt"`
	NextAttemptAt *string  `json:"nextAttemptAt"`
}

func viewLog(m email.LogRow) logView {
	return logView{MessageID: m.ID, SMTPMessageID: m.SMTPMessageID, KeyID: m.KeyID, KeyName: orNull(m.KeyName), Channel: string(m.Channel), From: m.From,
		To: m.To, Cc: m.Cc, Bcc: m.Bcc, Subject: m.Subject, Status: string(m.Status), Recipients: m.Recipients, Charged: m.Charged, Attempts: m.Attempts,
		LastError: orNull(m.LastError), CreatedAt: formatTime(m.CreatedAt), SentAt: formatOptional(m.SentAt), NextAttemptAt: formatOptional(m.NextAttemptAt)}
}

// logList is a list that may have had to stop looking.
type logList struct {
	list[logView]
	Next string `json:"next,omitempty"`
}

// listEmailLogs answers GET /api/v1/email/logs.
func (a *API) listEmailLogs(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	f, err := logFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	if f != (email.LogFilter{}) {
		if err := s.checkCounted(); err != nil {
			return err
		}
	}
	p, err := a.email.Logs(r.Context(), who.ID, f, email.LogSpan{Limit: s.limit, Offset: s.offset, Before: s.before})
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, logList{list[logView]{viewAll(p.Rows, viewLog), p.Total, p.Capped, s.limit, s.offset}, p.Next})
}

// logFilterOf reads ?keyId=&status=&q=&from=&to=.
func logFilterOf(q url.Values) (f email.LogFilter, err error) {
	f = email.LogFilter{KeyID: q.Get("keyId"), Status: email.Status(q.Get("status")), Query: strings.TrimSpace(q.Get("q"))}
	switch f.Status {
	case "", email.Sending, email.Queued, email.Sent, email.Failed, email.Unknown, email.Interrupted, email.Cancelled:
	default:
		return f, fault.Field("INVALID_REQUEST", "status", "status must be sending, queued, sent, failed, unknown, interrupted or cancelled.")
	}
	if len(f.KeyID) > 100 {
		return f, fault.Field("INVALID_REQUEST", "keyId", "keyId must be the id of a key.")
	}
	if len(f.Query) > 200 {
		return f, fault.Field("INVALID_REQUEST", "q", "q may have at most 200 bytes.")
	}
	if f.From, err = moment(q, "from"); err != nil {
		return f, err
	}
	f.To, err = moment(q, "to")
	return f, err
}

// moment reads a time; 0 stands for an absent one.
func moment(q url.Values, name string) (int64, error) {
	s := q.Get(name)
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UnixMilli() <= 0 {
		return 0, fault.Field("INVALID_REQUEST", name, name+" must be a time such as 2026-03-01T12:00:00Z.")
	}
	return t.UnixMilli(), nil
}

// logDetail is one message with all that is known about it.
type logDetail struct {
	MessageID     string          `json:"messageId"`
	SMTPMessageID string          `json:"smtpMessageId"`
	KeyID         string          `json:"keyId"`
	KeyName       *string         `json:"keyName"`
	Channel       string          `json:"channel"`
	From          string          `json:"from"`
	Subject       string          `json:"subject"`
	Status        string          `json:"status"`
	Standing      string          `json:"standing"`
	Next          *string         `json:"next"`
	Recipients    []recipientView `json:"recipients"`
	Attempts      []attemptView   `json:"attempts"`
	Timeline      []eventView     `json:"timeline"`
	Credits       []entryView     `json:"credits"`
	Charged       int64           `json:"creditsCharged"`
	LastError     *string         `json:"lastError"`
	Cancellable   bool            `json:"cancellable"`
	Source        *sourceView     `json:"source"`
	CreatedAt     string          `json:"createdAt"`
	SentAt        *string         `json:"sentAt"`
	NextAttemptAt *string         `json:"nextAttemptAt"`
	ExpiresAt     *string         `json:"expiresAt"`
}

type eventView struct {
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Attempt *int   `json:"attempt"`
	Credits *int64 `json:"credits"`
}

type sourceView struct {
	Text      string `json:"text"`
	Bytes     int    `json:"bytes"`
	Truncated bool   `json:"truncated"`
}

func viewDetail(d *email.Detail) logDetail {
	m := viewMessage(&d.Message)
	v := logDetail{MessageID: m.MessageID, SMTPMessageID: m.SMTPMessageID, KeyID: d.KeyID, KeyName: orNull(d.KeyName), Channel: string(d.Channel),
		From: m.From, Subject: m.Subject, Status: m.Status, Standing: d.Standing, Next: orNull(d.Next), Recipients: m.Recipients, Attempts: m.Attempts,
		Timeline: viewAll(d.Timeline, viewEvent), Credits: viewAll(d.Credits, viewEntry), Charged: m.Charged, LastError: m.LastError,
		Cancellable: d.Status == email.Queued, CreatedAt: m.CreatedAt, SentAt: m.SentAt, NextAttemptAt: m.NextAttemptAt, ExpiresAt: formatOptional(d.ExpiresAt)}
	if s := d.Source; s != nil {
		v.Source = &sourceView{strings.ToValidUTF8(string(s.Data), "\uFFFD"), s.Bytes, len(s.Data) < s.Bytes}
	}
	return v
}

func viewEvent(e email.Event) eventView {
	v := eventView{At: formatTime(e.At), Kind: string(e.Kind), Text: e.Text, Credits: orNull(e.Credits)}
	if e.Attempt >= 0 {
		v.Attempt = &e.Attempt
	}
	return v
}

// emailLog answers GET /api/v1/email/logs/{messageId}.
func (a *API) emailLog(w http.ResponseWriter, r *http.Request, who session) error {
	d, err := a.email.Detail(r.Context(), who.ID, r.PathValue("messageId"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewDetail(d))
}

// cancelEmailLog answers POST /api/v1/email/logs/{messageId}/cancel.
func (a *API) cancelEmailLog(w http.ResponseWriter, r *http.Request, who session) error {
	id := r.PathValue("messageId")
	if err := a.email.Cancel(r.Context(), who.ID, id); err != nil {
		return err
	}
	a.events.Publish(who.ID, "email", id)
	return a.emailLog(w, r, who)
}
