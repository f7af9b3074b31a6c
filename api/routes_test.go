package api_test

import (
	"testing"
)

// What is not there, or not by this method, is answered like everything else.
func TestNoRoute(t *testing.T) {
	rows := []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"GET", "/api", 404, "NOT_FOUND", ""},
		{"GET", "/api/", 404, "NOT_FOUND", ""},
		{"GET", "/api/v1", 404, "NOT_FOUND", ""},
		{"GET", "/api/v1/email", 404, "NOT_FOUND", ""},
		{"POST", "/api/v1/email/send/", 404, "NOT_FOUND", ""},
		{"POST", "/api/v1/email/Send", 404, "NOT_FOUND", ""},
		{"POST", "/api//v1/email/send", 404, "NOT_FOUND", ""},
		{"POST", "/api/v1/../v1/email/send", 404, "NOT_FOUND", ""},
		{"GET", "/api/v1/email/messages/", 404, "NOT_FOUND", ""},
		{"GET", "/api/v1/email/messages/a/b", 404, "NOT_FOUND", ""},
		{"GET", "/api/openapi.json", 404, "NOT_FOUND", ""},
		{"GET", sendPath, 405, "METHOD_NOT_ALLOWED", "POST"},
		{"PUT", sendPath, 405, "METHOD_NOT_ALLOWED", "POST"},
		{"OPTIONS", sendPath, 405, "METHOD_NOT_ALLOWED", "POST"},
		{"BREW", sendPath, 405, "METHOD_NOT_ALLOWED", "POST"},
		{"POST", "/api/v1/email/messages/x", 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
		{"GET", "/api/v1/email/messages/x/cancel", 405, "METHOD_NOT_ALLOWED", "POST"},
		{"DELETE", "/api/openapi.yaml", 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
	}
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.method+" "+r.path, func(t *testing.T) {
				a := h.exchange(t, request{method: r.method, path: r.path})
				a.is(t, r.status, r.code, "")
				if a.body["ok"] != false || a.body["error"] == "" {
					t.Errorf("%s", a.raw)
				}
				if got := a.header.Get("Allow"); got != r.allow {
					t.Errorf("Allow is %q, not %q", got, r.allow)
				}
			})
		}
	})
}

// The probes answer without a key.
func TestProbes(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		for _, path := range []string{"/healthz", "/readyz"} {
			h.exchange(t, request{method: "GET", path: path}).is(t, 200, "", "")
		}
	})
}

// X-Request-Id is the server's own and new for each call.
func TestRequestID(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		seen := map[string]bool{}
		for _, path := range []string{"/healthz", "/healthz", "/api/openapi.yaml", "/api/nothing", sendPath, "/readyz"} {
			seen[h.exchange(t, request{method: "GET", path: path}).header.Get("X-Request-Id")] = true
		}
		if len(seen) != 6 {
			t.Errorf("%d ids for 6 calls", len(seen))
		}
	})
}

// Every line that the log has of a call names the call.
func TestRequestIDInTheLog(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		for _, body := range [][]byte{hello().json(), []byte(`{}`)} {
			before := len(h.all())
			a := c.send(t, body)
			lines := h.all()[before:]
			if len(lines) == 0 {
				t.Errorf("the log says nothing about a call that was answered %d", a.status)
			}
			for _, l := range lines {
				if l.fields["request"] != a.header.Get("X-Request-Id") {
					t.Errorf("the log does not name the call: %v", l)
				}
			}
		}
	})
}
