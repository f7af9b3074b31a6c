package api

import (
	"net/http"
	"strings"

	"aviso/account"
)

// bearer returns who calls. It asks the database only for a token it has not
// seen lately; whether the key may still be used is decided later, inside the
// transaction.
func (a *API) bearer(r *http.Request) (account.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return account.Caller{}, account.ErrUnauthorized
	}
	return a.callers.Identify(r.Context(), strings.TrimSpace(token))
}
