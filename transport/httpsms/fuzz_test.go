package httpsms_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"aviso/transport/httpsms"
)

// FuzzTwilioCallback brings forms that are signed well, which is what whoever
// writes a text can shape.
func FuzzTwilioCallback(f *testing.F) {
	for _, body := range []string{twilioText, twilioStatus, "", "MessageSid=SM1&From=%FF&To=&Body=%00", "=&=;&%"} {
		f.Add(body, true)
		f.Add(body, false)
	}
	f.Fuzz(func(t *testing.T, body string, in bool) {
		at := public + "/status"
		if in {
			at = public + "/inbound"
		}
		takes(t, httpsms.NewTwilio, body, in, signTwilio(at, body))
	})
}

func FuzzSMSGateCallback(f *testing.F) {
	for _, body := range []string{smsgateText, `{"event":"sms:failed","payload":{"messageId":"m","reason":"r","failedAt":"2023-11-14T22:13:20Z"}}`,
		`{"event":"sms:received","payload":null}`, `[]`, `{"event":"` + "\xff" + `"}`} {
		f.Add(body, true)
		f.Add(body, false)
	}
	f.Fuzz(func(t *testing.T, body string, in bool) {
		takes(t, httpsms.NewSMSGate, body, in, signSMSGate("1700000000", body))
	})
}

// takes brings a callback and checks what holds for every one: it is stored
// and thanked for, or refused, and what is stored fits a database.
func takes(t *testing.T, make maker, body string, in bool, header map[string]string) {
	inbound := &taker{}
	cfg := config("https://gateway.test")
	cfg.Inbound = inbound
	g, err := make(cfg)
	if err != nil {
		t.Fatal(err)
	}
	door := g.Status()
	if in {
		door = g.Inbound()
	}
	w := knock(door, "POST", "/", body, header)
	if n := inbound.count(); n > 1 || n == 1 && w.Code >= 300 || w.Code >= 500 || w.Code == http.StatusForbidden {
		t.Fatalf("%d after %d were stored: %s", w.Code, n, w.Body)
	}
	for _, text := range inbound.texts {
		words(t, text.Gateway, text.From, text.To, text.RepeatKey)
		if !utf8.Valid(text.Data) || text.RepeatKey == "" || text.From == "" {
			t.Errorf("%+v", text)
		}
	}
	for _, r := range inbound.receipts {
		words(t, r.ProviderID, r.TextID, r.From, r.To, r.Code, r.Text)
		if r.ProviderID == "" || r.State == "" || len(r.Text) > 500 {
			t.Errorf("%+v", r)
		}
	}
}

func words(t *testing.T, all ...string) {
	for _, s := range all {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || len(s) > 500 {
			t.Errorf("%q is not fit to be stored", s)
		}
	}
}
