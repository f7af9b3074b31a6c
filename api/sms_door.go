package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"aviso/account"
	"aviso/fault"
	"aviso/sms"
)

// textRoutes are the SMS API's. They are on the SMS base URL and on the main
// one (contract, SMS, 1).
func (a *API) textRoutes() []route {
	return []route{
		{"POST", "/api/messages", a.sendText},
		{"GET", "/api/messages", a.receivedTexts},
		{"GET", "/api/messages/{id}", a.text},
	}
}

// isTextPath says whether a path is the SMS API's, whose errors have an
// envelope of their own.
func isTextPath(path string) bool {
	return path == "/api/messages" || strings.HasPrefix(path, "/api/messages/")
}

// Texts is the handler of the SMS base URL: the SMS API, its public totals at
// the root, and the probes.
func (a *API) Texts() http.Handler {
	mux := http.NewServeMux()
	for _, r := range append(a.textRoutes(), route{"GET", "/{$}", a.textTotals}) {
		mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve, a.failText))
	}
	for _, r := range append(a.hookRoutes(), a.probes()...) {
		mux.HandleFunc(r.method+" "+r.pattern, a.handle(r.serve, a.fail))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, mux, a.failText) })
}

// texter returns whose token calls: raw, as the contract has it, or behind
// `Bearer`, as many clients cannot help sending it.
func (a *API) texter(r *http.Request) (account.Caller, error) {
	token := strings.TrimSpace(r.Header.Get("Authorization"))
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	caller, err := a.textCallers.Identify(r.Context(), token)
	if errors.Is(err, account.ErrUnauthorized) {
		return caller, sms.ErrUnauthorized
	}
	return caller, err
}

// textReader is texter for calls that only read, which no admission checks.
func (a *API) textReader(r *http.Request) (account.Caller, error) {
	caller, err := a.texter(r)
	if err != nil {
		return caller, err
	}
	err = a.checkKey(r.Context(), caller)
	var f *fault.Error
	if errors.As(err, &f) {
		switch f.Kind {
		case fault.Unauthorized:
			return caller, sms.ErrUnauthorized
		case fault.Forbidden:
			return caller, sms.NotEnabled(f)
		}
	}
	return caller, err
}

// textFailure is the envelope of an error of the SMS API: the common one, and
// the sentence once more under the name that existing clients read.
type textFailure struct {
	OK        bool   `json:"ok"`
	Error     string `json:"error"`
	Code      string `json:"code"`
	Response  string `json:"response"`
	Field     string `json:"field,omitempty"`
	MessageID string `json:"messageId,omitempty"`
}

// textStatus is the status of a fault on the SMS API, whose clients know 500
// for whatever is not their own (contract, SMS, 1).
func textStatus(k fault.Kind) int {
	switch k {
	case fault.Refused, fault.Unavailable:
		return http.StatusInternalServerError
	case fault.Unsupported:
		return http.StatusBadRequest
	}
	return statuses[k]
}

func encodeTextFault(f *fault.Error) (int, []byte) {
	body, err := json.Marshal(textFailure{Error: f.Message, Code: f.Code, Response: f.Message, Field: f.Field, MessageID: f.MessageID})
	if err != nil {
		body = []byte(`{"ok":false,"error":"Something failed on our side.","code":"INTERNAL","response":"Something failed on our side."}`)
	}
	return textStatus(f.Kind), body
}

// failText answers a call of the SMS API with a fault.
func (a *API) failText(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	a.logFault(w, r, f)
	setRetryAfter(w.Header(), f)
	if f.Kind == fault.Unauthorized {
		// The contract's raw token has no scheme; this is the one that is taken too.
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	status, body := encodeTextFault(f)
	respond(w, status, body)
}
