package api

import (
	"net/http"

	"aviso/fault"
)

// Hook is how a gateway that speaks HTTP calls us back. Its handlers know the
// gateway's signature and form, and answer by themselves.
type Hook struct {
	Inbound http.Handler // a text for us
	Status  http.Handler // what became of one of ours
}

// gatewayCalls hands POST /hooks/sms/{name}/{event} to the gateway's handler.
func (a *API) gatewayCalls(w http.ResponseWriter, r *http.Request) error {
	hook, ok := a.hooks[r.PathValue("name")]
	switch event := r.PathValue("event"); {
	case ok && event == "inbound":
		hook.Inbound.ServeHTTP(w, r)
	case ok && event == "status":
		hook.Status.ServeHTTP(w, r)
	default:
		return fault.New(fault.NotFound, "NOT_FOUND", "No gateway is called back here.")
	}
	return nil
}
