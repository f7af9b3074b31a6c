package api

import (
	"crypto/sha256"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"aviso/account"
	"aviso/email"
	"aviso/fault"
)

// sendRequest is the body of POST /api/v1/email/send.
type sendRequest struct {
	To       addresses `json:"to"`
	Cc       addresses `json:"cc"`
	Bcc      addresses `json:"bcc"`
	Subject  string    `json:"subject"`
	HTML     string    `json:"html"`
	Text     string    `json:"text"`
	From     string    `json:"from"`
	FromName string    `json:"fromName"`
	ReplyTo  string    `json:"replyTo"`
}

// addresses is one address or a list of them.
type addresses struct {
	all  []string
	list bool
}

// UnmarshalJSONFrom reads a text or a list of texts.
func (a *addresses) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"':
		a.all = make([]string, 1)
		return json.UnmarshalDecode(d, &a.all[0])
	case 'n':
		return d.SkipValue()
	}
	a.list = true
	return json.UnmarshalDecode(d, &a.all)
}

// sendEmail answers POST /api/v1/email/send.
func (a *API) sendEmail(w http.ResponseWriter, r *http.Request) error {
	call := &email.Call{Channel: email.HTTP, Encode: encodeOutcome, Arrived: a.now(), RequestID: w.Header().Get(requestIDHeader)}
	caller, err := a.bearer(r)
	if err != nil {
		return err
	}
	if f := a.email.Refuse(caller); f != nil {
		return f
	}
	call.Caller = caller
	call.Draft, call.Claim, call.Fault = a.draft(w, r, caller)
	answer, err := a.email.Send(call)
	if err != nil {
		return err
	}
	if answer.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	respond(w, answer.Status, answer.Body)
	return nil
}

// draft reads the request into a draft, or into the fault that keeps it from
// being one. The call is counted either way.
func (a *API) draft(w http.ResponseWriter, r *http.Request, caller account.Caller) (*email.Draft, *account.Claim, *fault.Error) {
	raw, f := readJSON(w, r)
	if f != nil {
		return nil, nil, f
	}
	var body sendRequest
	if f := decode(raw, &body); f != nil {
		return nil, nil, f
	}
	draft, f := email.NewDraft(&email.Request{To: body.To.all, ToList: body.To.list, Cc: body.Cc.all, CcList: body.Cc.list,
		Bcc: body.Bcc.all, BccList: body.Bcc.list, Subject: body.Subject, HTML: body.HTML, Text: body.Text,
		From: body.From, FromName: body.FromName, ReplyTo: body.ReplyTo}, a.limits)
	if f != nil {
		return nil, nil, f
	}
	claim, f := claimOf(r, caller, email.Route, raw)
	if f != nil {
		return nil, nil, f
	}
	return draft, claim, nil
}

// claimOf reads the Idempotency-Key header; nil when there is none.
func claimOf(r *http.Request, caller account.Caller, route string, body []byte) (*account.Claim, *fault.Error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return nil, nil
	}
	key := values[0]
	if len(values) > 1 || len(key) < 1 || len(key) > 255 {
		return nil, errIdempotencyKey()
	}
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return nil, errIdempotencyKey()
		}
	}
	return &account.Claim{Account: caller.AccountID, Route: route, Key: key, BodyHash: sha256.Sum256(body)}, nil
}

func errIdempotencyKey() *fault.Error {
	return fault.Field("INVALID_REQUEST", "Idempotency-Key", "The Idempotency-Key header must stand once and have 1 to 255 printable ASCII characters.")
}

// sent and queued are the data of a 200 and of a 202.
type sent struct {
	MessageID     string     `json:"messageId"`
	SMTPMessageID string     `json:"smtpMessageId"`
	Status        string     `json:"status"`
	From          string     `json:"from"`
	Recipients    int        `json:"recipients"`
	Charged       int64      `json:"creditsCharged"`
	Rejected      []rejected `json:"rejected,omitempty"`
}

type queued struct {
	MessageID  string     `json:"messageId"`
	Status     string     `json:"status"`
	Recipients int        `json:"recipients"`
	Charged    int64      `json:"creditsCharged"`
	RetryHint  string     `json:"retryHint"`
	Rejected   []rejected `json:"rejected,omitempty"`
}

// rejected is a recipient refused for good.
type rejected struct {
	Address string `json:"address"`
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// encodeOutcome writes an outcome as the contract's 200, 202 or 502.
func encodeOutcome(o *email.Outcome) (int, []byte) {
	var status int
	var answer any
	var refused []rejected
	for _, r := range o.Rejected {
		refused = append(refused, rejected(r))
	}
	switch o.Status {
	case email.Sent:
		status = http.StatusOK
		answer = success[sent]{true, sent{o.MessageID, o.SMTPMessageID, "sent", o.From, o.Recipients, o.Charged, refused}}
	case email.Queued:
		status = http.StatusAccepted
		answer = success[queued]{true, queued{o.MessageID, "queued", o.Recipients, o.Charged, o.RetryHint, refused}}
	default:
		status = http.StatusBadGateway
		answer = failure{Error: "The receiving side refused every recipient for good. The credits were refunded.", Code: "SMTP_FAILURE",
			MessageID: o.MessageID, Rejected: refused}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		// Every text in it was checked to be Unicode or is ours.
		return http.StatusInternalServerError, []byte(`{"ok":false,"error":"The answer could not be written.","code":"INTERNAL"}`)
	}
	return status, body
}
