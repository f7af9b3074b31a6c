package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"aviso/account"
	"aviso/fault"
)

// statuses is the one table from a kind of fault to an HTTP status.
var statuses = map[fault.Kind]int{
	fault.Internal:         http.StatusInternalServerError,
	fault.Invalid:          http.StatusBadRequest,
	fault.Unauthorized:     http.StatusUnauthorized,
	fault.Forbidden:        http.StatusForbidden,
	fault.NotFound:         http.StatusNotFound,
	fault.MethodNotAllowed: http.StatusMethodNotAllowed,
	fault.Conflict:         http.StatusConflict,
	fault.TooLarge:         http.StatusRequestEntityTooLarge,
	fault.Unsupported:      http.StatusUnsupportedMediaType,
	fault.PaymentRequired:  http.StatusPaymentRequired,
	fault.RateLimited:      http.StatusTooManyRequests,
	fault.Refused:          http.StatusBadGateway,
	fault.Unavailable:      http.StatusServiceUnavailable,
}

// failure is the envelope of every error.
type failure struct {
	OK        bool       `json:"ok"`
	Error     string     `json:"error"`
	Code      string     `json:"code"`
	Field     string     `json:"field,omitempty"`
	MessageID string     `json:"messageId,omitempty"`
	Rejected  []rejected `json:"rejected,omitempty"`
}

// fail answers with a fault. An error that is none is hidden.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	a.logFault(w, r, f)
	h := w.Header()
	setRetryAfter(h, f)
	if f.Kind == fault.Unauthorized {
		h.Set("WWW-Authenticate", challenge(f))
	}
	body, err := json.Marshal(failure{Error: f.Message, Code: f.Code, Field: f.Field, MessageID: f.MessageID})
	if err != nil {
		body = []byte(`{"ok":false,"error":"Something failed on our side.","code":"INTERNAL"}`)
	}
	respond(w, statuses[f.Kind], body)
}

// challenge says what is asked for (RFC 9110, section 11.6.1). The dashboard's
// sessions have no scheme of their own; one that no browser knows keeps browsers
// from asking for a password themselves.
func challenge(f *fault.Error) string {
	if f.Code == account.ErrUnauthorized.Code {
		return "Bearer"
	}
	return "Cookie"
}

// setRetryAfter says when the same call may do better.
func setRetryAfter(h http.Header, f *fault.Error) {
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((f.RetryAfter+time.Second-1)/time.Second), 10))
	}
}

// respond writes a JSON body.
func respond(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}

// success is the envelope of every answer that is no error.
type success[T any] struct {
	OK   bool `json:"ok"`
	Data T    `json:"data"`
}

// succeed answers with data.
func succeed[T any](w http.ResponseWriter, status int, data T) error {
	body, err := json.Marshal(success[T]{true, data})
	if err != nil {
		return err
	}
	respond(w, status, body)
	return nil
}
