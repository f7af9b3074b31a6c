package httpsms_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aviso/transport"
	"aviso/transport/httpsms"
)

const public = "https://sms.example/hooks/sms/carrier"

// knock brings one callback to a door.
func knock(door http.Handler, method, target, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "evil.example"
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// signTwilio signs as Twilio's documentation says, for a form in which no name
// is repeated.
func signTwilio(at, body string) map[string]string {
	form, _ := url.ParseQuery(body)
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte("signing-key"))
	mac.Write([]byte(at))
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for i, v := range values {
			if i == 0 || v != values[i-1] {
				mac.Write([]byte(name + v))
			}
		}
	}
	return map[string]string{
		"Content-Type":       "application/x-www-form-urlencoded; charset=UTF-8",
		"X-Twilio-Signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

func signSMSGate(stamp, body string) map[string]string { return signWith("signing-key", stamp, body) }

func signWith(key, stamp, body string) map[string]string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body + stamp))
	return map[string]string{
		"Content-Type": "application/json",
		"X-Timestamp":  stamp,
		"X-Signature":  hex.EncodeToString(mac.Sum(nil)),
	}
}

const (
	twilioText   = "MessageSid=SM0123456789abcdef0123456789abcdef&AccountSid=AC1&From=%2B447700900123&To=%2B447700900000&Body=Order+gr%C3%BC%C3%9Fe+%F0%9F%98%80&NumSegments=1&NumMedia=0"
	twilioStatus = "MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=undelivered&ErrorCode=30005&From=%2B447700900000&To=%2B447700900123"
	smsgateText  = `{"deviceId":"d","event":"sms:received","id":"Ey6ECgOkVVFjz3CL48B8C","payload":{"messageId":"abc123","message":"Order grüße","sender":"+447700900123","recipient":null,"simNumber":1,"receivedAt":"2023-11-14T22:13:20.000+00:00"},"webhookId":"LreFUt-Z3sSq0JufY9uWB"}`
)

// Signatures that were made with Python and OpenSSL.
func TestSignaturesMadeElsewhere(t *testing.T) {
	for _, c := range []struct {
		name      string
		make      maker
		callback  string
		at        string
		body      string
		signature string
	}{
		{"a text", httpsms.NewTwilio, public, "/inbound", twilioText, "pzGKATG1gFvUSjGvbIfD8mgm4pA="},
		{"repeated and unknown parameters", httpsms.NewTwilio, public, "/inbound", twilioText + "&Zone=b&Zone=a&Zone=b", "4k997MRhaSrhaMQQlZS3OF4cVg4="},
		{"the usual port written out", httpsms.NewTwilio, public, "/inbound", twilioText, "mvCBWpOwK493THrg6yT2xsoTjAQ="},
		{"another port", httpsms.NewTwilio, "https://sms.example:8443/hooks/sms/carrier", "/inbound", twilioText, "CuOl1ttmg7IUaDytNkZymusn3us="},
		{"another port left out", httpsms.NewTwilio, "https://sms.example:8443/hooks/sms/carrier/", "/inbound", twilioText, "pzGKATG1gFvUSjGvbIfD8mgm4pA="},
		{"a status", httpsms.NewTwilio, public, "/status", twilioStatus, "vZ3abFsSPK6zc4aPxyqteaCf+CM="},
		{"a status of a text that is named", httpsms.NewTwilio, public, "/status?text=01a20669-2d02-71f8-9c7d-1e6bacf03524", twilioStatus, "HeQA0cFPlmr7RxNNtAiJxuGOCuI="},
		{"SMSGate", httpsms.NewSMSGate, public, "/inbound", smsgateText, "97491c7da6db7648a5498e5dd99b370a7394fd6370441674da27cf2206d0f42d"},
	} {
		header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": c.signature}
		cfg := config("https://gateway.test")
		cfg.Callback, cfg.SigningKey = c.callback, ""
		cfg.Password = "12345" // which Twilio signs with
		if c.name == "SMSGate" {
			header = map[string]string{"Content-Type": "application/json", "X-Signature": c.signature, "X-Timestamp": "1700000000"}
			cfg.SigningKey = "signing-key"
		}
		in := &taker{}
		cfg.Inbound = in
		g := open(t, c.make, cfg)
		door := g.Inbound()
		if strings.HasPrefix(c.at, "/status") {
			door = g.Status()
		}
		if w := knock(door, "POST", c.at, c.body, header); w.Code >= 300 || in.count() != 1 {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestTexts(t *testing.T) {
	twilio := func(from, to, body string) string {
		return url.Values{"MessageSid": {"SM1"}, "From": {from}, "To": {to}, "Body": {body}}.Encode()
	}
	type text = transport.InboundText
	for name, c := range map[string]struct {
		make maker
		body string
		want text
	}{
		"Twilio": {httpsms.NewTwilio, twilioText, text{From: "447700900123", FromType: transport.International, To: "+447700900000",
			Data: []byte("Order grüße 😀"), RepeatKey: "SM0123456789abcdef0123456789abcdef"}},
		"Twilio, from a short code": {httpsms.NewTwilio, twilio("12345", "54321", ""), text{From: "12345", FromType: transport.ShortNumber, To: "54321", Data: []byte{}, RepeatKey: "SM1"}},
		"Twilio, from a name":       {httpsms.NewTwilio, twilio("Bücher", "+1", "x"), text{From: "Bücher", FromType: transport.Alphanumeric, To: "+1", Data: []byte("x"), RepeatKey: "SM1"}},
		"Twilio, national":          {httpsms.NewTwilio, twilio("07700900123", "+1", "x"), text{From: "07700900123", To: "+1", Data: []byte("x"), RepeatKey: "SM1"}},
		"Twilio, bytes that are no UTF-8": {httpsms.NewTwilio, twilio("+44", "+1", "a\xffb\xc3"),
			text{From: "44", FromType: transport.International, To: "+1", Data: []byte("a\uFFFDb\uFFFD"), RepeatKey: "SM1"}},
		"SMSGate": {httpsms.NewSMSGate, smsgateText, text{From: "447700900123", FromType: transport.International, To: "+447700900000",
			Data: []byte("Order grüße"), RepeatKey: "abc123/2023-11-14T22:13:20.000+00:00/+447700900123"}},
		"SMSGate, an older app": {httpsms.NewSMSGate, `{"event":"sms:received","id":"e","payload":{"message":"hi","phoneNumber":"6505551212","receivedAt":"2023-11-14T22:13:20Z"}}`,
			text{From: "6505551212", To: "+447700900000", Data: []byte("hi"), RepeatKey: "e/2023-11-14T22:13:20Z/6505551212"}},
		"SMSGate, with its number": {httpsms.NewSMSGate, `{"event":"sms:received","payload":{"messageId":"m","message":"hi","sender":"Post","recipient":"+447700900009","receivedAt":"t"}}`,
			text{From: "Post", FromType: transport.Alphanumeric, To: "+447700900009", Data: []byte("hi"), RepeatKey: "m/t/Post"}},
	} {
		in := &taker{}
		cfg := config("https://gateway.test")
		cfg.Inbound = in
		g := open(t, c.make, cfg)
		header := signTwilio(public+"/inbound", c.body)
		if strings.HasPrefix(name, "SMSGate") {
			header = signSMSGate("1700000000", c.body)
		}
		w := knock(g.Inbound(), "POST", "/", c.body, header)
		c.want.Gateway, c.want.Alphabet = "carrier", transport.UTF8
		if diff := cmp.Diff([]text{c.want}, in.texts); diff != "" || w.Code >= 300 || len(in.receipts) != 0 {
			t.Errorf("%s: %d, %s", name, w.Code, diff)
		}
		if twiml := strings.Contains(w.Body.String(), "<Response></Response>"); twiml != strings.HasPrefix(name, "Twilio") {
			t.Errorf("%s: answered %q", name, w.Body)
		}
	}
}

func TestReceipts(t *testing.T) {
	done := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)
	twilio := func(state string) string {
		return "MessageSid=SM1&MessageStatus=" + state + "&From=%2B1&To=%2B2"
	}
	smsgate := func(event, fields string) string {
		return `{"event":"` + event + `","payload":{"messageId":"0199-id","phoneNumber":"+2"` + fields + `}}`
	}
	for _, c := range []struct {
		body  string
		state transport.ReceiptState
		code  string
		done  time.Time
	}{
		{twilio("accepted"), transport.Enroute, "", time.Time{}},
		{twilio("queued"), transport.Enroute, "", time.Time{}},
		{twilio("sending"), transport.Enroute, "", time.Time{}},
		{twilio("sent"), transport.Accepted, "", time.Time{}},
		{twilio("delivered"), transport.Delivered, "", time.Time{}},
		{twilio("undelivered") + "&ErrorCode=30005", transport.Undeliverable, "30005", time.Time{}},
		{twilio("failed") + "&ErrorCode=30008", transport.Rejected, "30008", time.Time{}},
		{twilio("invented"), transport.UnknownState, "", time.Time{}},
		{smsgate("sms:sent", `,"sentAt":"2023-11-14T22:13:20Z"`), transport.Accepted, "", done},
		{smsgate("sms:delivered", `,"deliveredAt":"2023-11-15T00:13:20.000+02:00"`), transport.Delivered, "", done},
		{smsgate("sms:delivered", `,"deliveredAt":"yesterday"`), transport.Delivered, "", time.Time{}},
		{smsgate("sms:failed", `,"failedAt":"2023-11-14T22:13:20Z","reason":"RESULT_ERROR_NO_SERVICE"`), transport.Rejected, "RESULT_ERROR_NO_SERVICE", done},
		{smsgate("sms:failed", `,"reason":"no service at all"`), transport.Rejected, "", time.Time{}},
	} {
		in := &taker{}
		cfg := config("https://gateway.test")
		cfg.Inbound = in
		kind, header := maker(httpsms.NewTwilio), signTwilio(public+"/status", c.body)
		want := transport.Receipt{Gateway: "carrier", ProviderID: "SM1", From: "+1", To: "+2", State: c.state, Code: c.code, Text: c.body}
		if strings.HasPrefix(c.body, "{") {
			kind, header = httpsms.NewSMSGate, signSMSGate("1700000000", c.body)
			want.ProviderID, want.TextID, want.From, want.DoneAt = "0199-id", "0199-id", "", c.done
		}
		w := knock(open(t, kind, cfg).Status(), "POST", "/", c.body, header)
		if diff := cmp.Diff([]transport.Receipt{want}, in.receipts); diff != "" || w.Code != http.StatusNoContent || len(in.texts) != 0 {
			t.Errorf("%s: %d, %s", c.body, w.Code, diff)
		}
	}
}

// A receipt names its text by the URL that went with the text, if that is signed.
func TestReceiptNamesItsText(t *testing.T) {
	const body = "MessageSid=SM1&MessageStatus=failed&From=%2B1&To=%2B2"
	for _, c := range []struct {
		query, signed string
		status        int
		text          string
	}{
		{"?text=01a2", "?text=01a2", http.StatusNoContent, "01a2"},
		{"", "", http.StatusNoContent, ""},
		{"?text=a%20b", "?text=a%20b", http.StatusNoContent, ""},
		{"?text=%zz", "?text=%zz", http.StatusNoContent, ""},
		{"?text=01a3", "?text=01a2", http.StatusForbidden, ""},
		{"?text=01a3", "", http.StatusForbidden, ""},
		{"", "?text=01a2", http.StatusForbidden, ""},
	} {
		in := &taker{}
		cfg := config("https://gateway.test")
		cfg.Inbound = in
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL.RawQuery = strings.TrimPrefix(c.query, "?")
		for name, value := range signTwilio(public+"/status"+c.signed, body) {
			r.Header.Set(name, value)
		}
		open(t, httpsms.NewTwilio, cfg).Status().ServeHTTP(w, r)
		if stored := len(in.receipts) == 1; w.Code != c.status || stored != (c.status < 300) || stored && in.receipts[0].TextID != c.text {
			t.Errorf("%q signed as %q: %d, %+v", c.query, c.signed, w.Code, in.receipts)
		}
	}
}

// An event that nobody asked for is thanked for, and is nothing.
func TestOtherEvents(t *testing.T) {
	in := &taker{}
	cfg := config("https://gateway.test")
	cfg.Inbound = in
	for _, body := range []string{`{"event":"system:ping","payload":{"health":{"status":"pass"}}}`, `{"event":"mms:received","payload":{"sender":"+1"}}`} {
		w := knock(open(t, httpsms.NewSMSGate, cfg).Inbound(), "POST", "/", body, signSMSGate("1700000000", body))
		if w.Code != http.StatusNoContent || in.count() != 0 {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
}

// What could not be stored is to come again, and is not told why.
func TestStorageFails(t *testing.T) {
	for at, body := range map[string]string{"/inbound": twilioText, "/status": twilioStatus} {
		var said bytes.Buffer
		cfg := config("https://gateway.test")
		cfg.Inbound = &taker{fail: errors.New("secret of the database")}
		cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
		g := open(t, httpsms.NewTwilio, cfg)
		door := map[string]http.Handler{"/inbound": g.Inbound(), "/status": g.Status()}[at]
		w := knock(door, "POST", "/", body, signTwilio(public+at, body))
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "Response") {
			t.Errorf("%s: %d %s", at, w.Code, w.Body)
		}
		if !strings.Contains(said.String(), "gateway=carrier") || !strings.Contains(said.String(), "secret of the database") {
			t.Errorf("the log says %q", said.String())
		}
	}
}

// The caller's context is the storage's: one that hung up needs no answer.
func TestCallersContext(t *testing.T) {
	cfg := config("https://gateway.test")
	seen := make(chan error, 1)
	cfg.Inbound = &asker{seen: seen}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(twilioText))
	for k, v := range signTwilio(public+"/inbound", twilioText) {
		r.Header.Set(k, v)
	}
	open(t, httpsms.NewTwilio, cfg).Inbound().ServeHTTP(httptest.NewRecorder(), r)
	if err := <-seen; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

type asker struct {
	taker
	seen chan error
}

func (a *asker) Receive(ctx context.Context, _ *transport.InboundText) error {
	a.seen <- ctx.Err()
	return ctx.Err()
}
