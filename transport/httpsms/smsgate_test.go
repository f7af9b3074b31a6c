package httpsms_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"aviso/transport"
	"aviso/transport/httpsms"
)

func TestSMSGateSubmission(t *testing.T) {
	p := startPeer(t, func(asked) reply { return reply{status: 202, body: `{"id":"0199-id","state":"Pending"}`} })
	g := open(t, httpsms.NewSMSGate, config(p.URL+"/3rdparty/v1"))
	text := &transport.Text{ID: "0199-id", To: "+447700900123", Content: "grüße \"&\" 😀"}
	v := g.Send(t.Context(), text).Verdicts
	if len(v) != 1 || v[0] != (transport.TextVerdict{Outcome: transport.Taken, ProviderID: "0199-id", Text: "Pending"}) {
		t.Fatalf("%+v", v)
	}
	got := p.all()[0]
	if path, _, _ := strings.Cut(got.path, "?"); path != "/3rdparty/v1/messages" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", got)
	}
	r := http.Request{Header: got.header}
	if user, password, _ := r.BasicAuth(); user == "" || password != "secret-of-carrier" {
		t.Errorf("%s, %s", user, password)
	}
	var body any
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id":                 "0199-id",
		"textMessage":        map[string]any{"text": "grüße \"&\" 😀"},
		"phoneNumbers":       []any{"+447700900123"},
		"withDeliveryReport": true,
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	text.Unreported = true
	g.Send(t.Context(), text)
	if body := p.all()[1].body; !strings.Contains(body, `"withDeliveryReport":false`) {
		t.Error(body)
	}
}

func TestSMSGateVerdicts(t *testing.T) {
	type verdict = transport.TextVerdict
	for _, c := range []struct {
		status int
		body   string
		want   verdict
	}{
		{201, `{"id":"x","state":"Processed","isHashed":false}`, verdict{Outcome: transport.Taken, ProviderID: "x", Text: "Processed"}},
		{202, `{"state":"Pending","message":"hm"}`, verdict{Outcome: transport.Unknown, Code: "202", Text: "the gateway answered 202 and named no message"}},
		{400, `{"message":"no device"}`, verdict{Outcome: transport.Refused, Code: "400", Text: "no device"}},
		{401, `Unauthorized`, verdict{Outcome: transport.Refused, Code: "401", Text: "the gateway answered 401 Unauthorized"}},
		{409, `{"message":"exists"}`, verdict{Outcome: transport.Unknown, Code: "409", Text: "exists"}},
		{429, `{"message":"queue limit"}`, verdict{Outcome: transport.Later, Code: "429", Text: "queue limit"}},
		{500, `{"message":"database"}`, verdict{Outcome: transport.Unknown, Code: "500", Text: "database"}},
	} {
		p := startPeer(t, func(asked) reply { return reply{status: c.status, body: c.body} })
		if got := send(t, open(t, httpsms.NewSMSGate, config(p.URL)), yes(1)); got != c.want {
			t.Errorf("%d %s: %+v", c.status, c.body, got)
		}
	}
}

// Setting up twice registers the same webhooks under the same ids.
func TestSMSGateSetup(t *testing.T) {
	p := startPeer(t, func(a asked) reply { return reply{status: 201, body: a.body} })
	g := open(t, httpsms.NewSMSGate, config(p.URL))
	for range 2 {
		if lines, err := g.Setup(t.Context()); err != nil || len(lines) != 4 {
			t.Fatalf("%q, %v", lines, err)
		}
	}
	type webhook struct{ ID, URL, Event string }
	var registered []webhook
	ids := map[string]bool{}
	for _, a := range p.all() {
		var w webhook
		if err := json.Unmarshal([]byte(a.body), &w, json.MatchCaseInsensitiveNames(true)); err != nil || a.path != "/webhooks" || len(w.ID) != 36 {
			t.Errorf("%+v, %v", a, err)
		}
		ids[w.ID] = true
		w.ID = ""
		registered = append(registered, w)
	}
	const base = "https://sms.example/hooks/sms/carrier"
	want := []webhook{{"", base + "/inbound", "sms:received"}, {"", base + "/status", "sms:sent"}, {"", base + "/status", "sms:delivered"}, {"", base + "/status", "sms:failed"}}
	if diff := cmp.Diff(append(want, want...), registered); diff != "" || len(ids) != 4 {
		t.Errorf("%d ids; %s", len(ids), diff)
	}
}

// Setting up says what stands in its way, and no secret.
func TestSMSGateSetupFails(t *testing.T) {
	p := startPeer(t, func(a asked) reply {
		if strings.Contains(a.body, "sms:delivered") {
			return reply{status: 401, body: "Unauthorized\n"}
		}
		return reply{status: 201}
	})
	for name, c := range map[string]struct {
		change func(*httpsms.Config)
		done   int
		want   string
	}{
		"no signing key": {func(c *httpsms.Config) { c.SigningKey = "" }, 0, "gateway carrier: signing_key is missing; copy it from the app, Settings, Webhooks, Signing Key"},
		"no public URL":  {func(c *httpsms.Config) { c.Callback = "" }, 0, "gateway carrier: there is no public URL it could call; set sms_http.public_url"},
		"refused":        {func(*httpsms.Config) {}, 2, "gateway carrier: registering sms:delivered: the gateway answered 401 Unauthorized: Unauthorized"},
		"no connection": {func(c *httpsms.Config) { c.Dial = cut(errors.New("the line is cut")) }, 0,
			"gateway carrier: registering sms:received: the line is cut"},
	} {
		cfg := config(p.URL)
		c.change(&cfg)
		lines, err := open(t, httpsms.NewSMSGate, cfg).Setup(t.Context())
		if err == nil || err.Error() != c.want || len(lines) != c.done {
			t.Errorf("%s: %q, %v", name, lines, err)
		}
	}
}
