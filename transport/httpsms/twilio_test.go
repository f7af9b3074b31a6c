package httpsms_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aviso/transport"
	"aviso/transport/httpsms"
)

func TestTwilioSubmission(t *testing.T) {
	p := startPeer(t, func(asked) reply { return reply{status: 201, body: `{"sid":"SM1","status":"queued"}`} })
	g := open(t, httpsms.NewTwilio, config(p.URL+"/base/"))
	for _, text := range []*transport.Text{
		{ID: "1", From: "+447700900001", To: "+447700900123", Content: "grüße & 😀"},
		{ID: "2", To: "+447700900123", Content: strings.Repeat("語", 799)}, // longer than a write
	} {
		v := g.Send(t.Context(), text).Verdicts
		if len(v) != 1 || v[0] != (transport.TextVerdict{Outcome: transport.Taken, ProviderID: "SM1", Text: "queued"}) {
			t.Fatalf("%+v", v)
		}
		got := p.all()[len(p.all())-1]
		from := text.From
		if from == "" {
			from = "+447700900000" // the gateway's
		}
		want := url.Values{"To": {text.To}, "From": {from}, "Body": {text.Content}, "StatusCallback": {"https://sms.example/hooks/sms/carrier/status?text=" + text.ID}}
		if form, err := url.ParseQuery(got.body); err != nil || form.Encode() != want.Encode() {
			t.Errorf("%s, %v", got.body, err)
		}
		if got.path != "/base/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json" {
			t.Errorf("%s", got.path)
		}
		r := http.Request{Header: got.header}
		if user, password, _ := r.BasicAuth(); user != "AC00000000000000000000000000000001" || password != "secret-of-carrier" {
			t.Errorf("%s, %s", user, password)
		}
	}
}

// No report is asked for without a public URL, or of what nobody wants one of.
func TestTwilioWithoutCallback(t *testing.T) {
	p := startPeer(t, func(asked) reply { return reply{status: 201, body: `{"sid":"SM1"}`} })
	cfg := config(p.URL)
	cfg.Callback = ""
	if v := send(t, open(t, httpsms.NewTwilio, cfg), yes(1)); v.Outcome != transport.Taken {
		t.Errorf("%+v", v)
	}
	g := open(t, httpsms.NewTwilio, config(p.URL))
	g.Send(t.Context(), &transport.Text{ID: "1", To: yes(1), Content: "hello", Unreported: true})
	for _, asked := range p.all() {
		if strings.Contains(asked.body, "StatusCallback") {
			t.Error(asked.body)
		}
	}
	if n := len(p.all()); n != 2 {
		t.Errorf("%d were sent", n)
	}
}

func TestTwilioVerdicts(t *testing.T) {
	const (
		later, refused, unknown = transport.Later, transport.Refused, transport.Unknown
	)
	type verdict = transport.TextVerdict
	for _, c := range []struct {
		status int
		body   string
		want   verdict
	}{
		{200, `{"sid":"SM1","status":"accepted","num_segments":"2","subresource_uris":{}}`, verdict{Outcome: transport.Taken, ProviderID: "SM1", Text: "accepted"}},
		{201, ``, verdict{Outcome: unknown, Code: "201", Text: "the gateway answered 201 and named no message"}},
		{200, `<html>Welcome to the hotel</html>`, verdict{Outcome: unknown, Code: "200", Text: "the gateway answered 200 and named no message"}},
		{201, `{"sid":null}`, verdict{Outcome: unknown, Code: "201", Text: "the gateway answered 201 and named no message"}},
		{201, `{"sid":"SM1\u0000"}`, verdict{Outcome: unknown, Code: "201", Text: "the gateway answered 201 and named no message"}},
		{429, `{"code":20429,"message":"Too Many Requests"}`, verdict{Outcome: later, Code: "20429", Text: "Too Many Requests"}},
		{429, ``, verdict{Outcome: later, Code: "429", Text: "the gateway answered 429 Too Many Requests"}},
		{400, `{"code":21611,"message":"queue"}`, verdict{Outcome: later, Code: "21611", Text: "queue"}},
		{400, `{"code":21211,"message":"invalid"}`, verdict{Outcome: refused, Recipient: true, Code: "21211", Text: "invalid"}},
		{400, `{"code":21610,"message":"stop"}`, verdict{Outcome: refused, Recipient: true, Code: "21610", Text: "stop"}},
		{400, `{"code":21614,"message":"landline"}`, verdict{Outcome: refused, Recipient: true, Code: "21614", Text: "landline"}},
		{400, `{"code":21606,"message":"from"}`, verdict{Outcome: refused, Code: "21606", Text: "from"}},
		{400, `{"code":"21211"}`, verdict{Outcome: refused, Code: "400", Text: "the gateway answered 400 Bad Request"}},
		{401, `{"code":20003,"message":"Authenticate"}`, verdict{Outcome: refused, Code: "20003", Text: "Authenticate"}},
		{404, ``, verdict{Outcome: refused, Code: "404", Text: "the gateway answered 404 Not Found"}},
		{500, `{"code":20500,"message":"oops"}`, verdict{Outcome: unknown, Code: "20500", Text: "oops"}},
		{502, `{"code":21211,"message":"never"}`, verdict{Outcome: unknown, Code: "21211", Text: "never"}},
		{503, ``, verdict{Outcome: unknown, Code: "503", Text: "the gateway answered 503 Service Unavailable"}},
		{400, `{"message":"` + strings.Repeat("é", 300) + `"}`, verdict{Outcome: refused, Code: "400", Text: strings.Repeat("é", 250)}},
		{400, `{"message":"one\r\n\ttwo\u0000 "}`, verdict{Outcome: refused, Code: "400", Text: "one   two"}},
		{400, `{"message":"` + strings.Repeat("a", 1<<20) + `"}`, verdict{Outcome: refused, Code: "400", Text: "the gateway answered 400 Bad Request"}},
	} {
		p := startPeer(t, func(asked) reply { return reply{status: c.status, body: c.body} })
		if got := send(t, open(t, httpsms.NewTwilio, config(p.URL)), yes(1)); got != c.want {
			t.Errorf("%d %.60s: %+v", c.status, c.body, got)
		}
		if n := len(p.all()); n != 1 {
			t.Errorf("%d %.60s: %d requests", c.status, c.body, n)
		}
	}
}

// The example that Twilio's documentation has published for years.
func TestTwilioSignatureExample(t *testing.T) {
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	const at, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	if !httpsms.Signed("12345", signature, at, form) {
		t.Error("the example does not fit")
	}
	form.Set("Digits", "1235")
	if httpsms.Signed("12345", signature, at, form) || httpsms.Signed("12345", "", at, form) || httpsms.Signed("12345", "no base64", at, form) {
		t.Error("another form, or no signature, fits")
	}
}

func TestTwilioSetup(t *testing.T) {
	p := startPeer(t, func(asked) reply { return reply{status: 500} })
	lines, err := open(t, httpsms.NewTwilio, config(p.URL)).Setup(t.Context())
	all := strings.Join(lines, "\n")
	if err != nil || !strings.Contains(all, "https://sms.example/hooks/sms/carrier/inbound") || !strings.Contains(all, "https://sms.example/hooks/sms/carrier/status") {
		t.Errorf("%s, %v", all, err)
	}
	if n := len(p.all()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
