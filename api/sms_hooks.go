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

// hookRoutes are what gateways call, on both base URLs.
func (a *API) hookRoutes() []route {
	return []route{
		{"POST", "/hooks/sms/{name}/inbound", a.called(func(h Hook) http.Handler { return h.Inbound })},
		{"POST", "/hooks/sms/{name}/status", a.called(func(h Hook) http.Handler { return h.Status })},
	}
}

// called hands a call to one of its gateway's handlers.
func (a *API) called(which func(Hook) http.Handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		hook, ok := a.hooks[r.PathValue("name")]
		if !ok {
			return fault.New(fault.NotFound, "NOT_FOUND", "No gateway is called back here.")
		}
		which(hook).ServeHTTP(w, r)
		return nil
	}
}
