package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// The API's paths are the API's, all others the page's.
func TestWithPage(t *testing.T) {
	door := withPage(says("api"), says("page"))
	for path, want := range map[string]string{
		"/": "page", "/dashboard/email": "page", "/apis": "page", "/readyzzz": "page", "/assets/api": "page",
		"/api": "api", "/api/": "api", "/api/v1/x": "api", "/api/messages": "api", "/hooks/sms/x/inbound": "api", "/healthz": "api", "/readyz": "api",
	} {
		if got := ask(door, "any", path); got != want {
			t.Errorf("%s is answered by the %s", path, got)
		}
	}
}

// One listener is two, by the name that it is called by.
func TestByHost(t *testing.T) {
	door := byHost(says("texts"), "sms.test", says("main"))
	for host, want := range map[string]string{
		"sms.test": "texts", "SMS.test:8080": "texts", "mail.test": "main", "sms.test.evil": "main", "": "main", "sms.test@mail.test": "main", "%": "main",
	} {
		if got := ask(door, host, "/"); got != want {
			t.Errorf("%q is answered by %s", host, got)
		}
	}
}

func says(word string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, word) })
}

func ask(h http.Handler, host, path string) string {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

// Gateways that others cannot reach us from are told no URL.
func TestCallbackURL(t *testing.T) {
	for public, want := range map[URL]string{
		"": "", "http://localhost": "", "http://127.0.0.1:8081": "", "https://sms.test": "https://sms.test/hooks/sms/carrier",
	} {
		c := defaults()
		c.SMSHTTP.PublicURL = public
		if got := c.callbackURL("carrier"); got != want {
			t.Errorf("%q: %q", public, got)
		}
	}
}

func TestOwnPorts(t *testing.T) {
	c := defaults()
	c.SMSHTTP.Listen, c.Metrics.Listen = "localhost:0", ":9100"
	if got := c.ownPorts(); !slices.Equal(got, []uint16{8080, 2587, 9100}) {
		t.Errorf("%v", got)
	}
}
