package httpsms_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"

	"aviso/transport/httpsms"
)

// call is one callback that must not be taken.
type call struct {
	method string // POST when empty
	target string // "/" when empty
	body   string
	header map[string]string
	want   int
}

// with is header with some of it changed; an empty value takes one away.
func with(header map[string]string, pairs ...string) map[string]string {
	header = maps.Clone(header)
	for i := 0; i < len(pairs); i += 2 {
		header[pairs[i]] = pairs[i+1]
	}
	return header
}

// refuse brings each callback to a door, where none may be stored.
func refuse(t *testing.T, make maker, change func(*httpsms.Config), door func(*httpsms.Gateway) http.Handler, calls map[string]call) {
	for name, c := range calls {
		var said bytes.Buffer
		in := &taker{}
		cfg := config("https://gateway.test")
		cfg.Inbound, cfg.Log = in, slog.New(slog.NewTextHandler(&said, nil))
		change(&cfg)
		method, target := c.method, c.target
		if method == "" {
			method = "POST"
		}
		if target == "" {
			target = "/"
		}
		w := knock(door(open(t, make, cfg)), method, target, c.body, c.header)
		if w.Code != c.want || in.count() != 0 {
			t.Errorf("%s: %d %s, %d stored", name, w.Code, strings.TrimSpace(w.Body.String()), in.count())
		}
		for _, secret := range []string{"signing-key", "secret-of-carrier", "Order"} {
			if strings.Contains(said.String(), secret) || strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s: %q is told: %s", name, secret, said.String())
			}
		}
	}
}

func keep(*httpsms.Config) {}

func TestTwilioHostileTexts(t *testing.T) {
	const at = public + "/inbound"
	good := signTwilio(at, twilioText)
	signed := func(body string, want int) call { return call{body: body, header: signTwilio(at, body), want: want} }
	refuse(t, httpsms.NewTwilio, keep, (*httpsms.Gateway).Inbound, map[string]call{
		"no signature":           {body: twilioText, header: with(good, "X-Twilio-Signature", ""), want: 403},
		"no base64":              {body: twilioText, header: with(good, "X-Twilio-Signature", "%%%"), want: 403},
		"another signature":      {body: twilioText, header: with(good, "X-Twilio-Signature", "pzGKATG1gFvUSjGvbIfD8mgm4pA="), want: 403},
		"half a signature":       {body: twilioText, header: with(good, "X-Twilio-Signature", good["X-Twilio-Signature"][:16]), want: 403},
		"another body":           {body: strings.Replace(twilioText, "900123", "900124", 1), header: good, want: 403},
		"one parameter more":     {body: twilioText + "&X=", header: good, want: 403},
		"of the other door":      {body: twilioText, header: signTwilio(public+"/status", twilioText), want: 403},
		"of the Host it claims":  {body: twilioText, header: signTwilio("https://evil.example/inbound", twilioText), want: 403},
		"in clear text":          {body: twilioText, header: signTwilio("http"+strings.TrimPrefix(at, "https"), twilioText), want: 403},
		"parameters in the URL":  {target: "/?" + twilioText, body: "", header: signTwilio(at, twilioText), want: 403},
		"a GET":                  {method: "GET", body: twilioText, header: good, want: 405},
		"no content type":        {body: twilioText, header: with(good, "Content-Type", ""), want: 415},
		"another content type":   {body: twilioText, header: with(good, "Content-Type", "application/json"), want: 415},
		"a huge body":            signed(twilioText+"&X="+strings.Repeat("a", 64<<10), 413),
		"no form":                signed("MessageSid=%zz", 400),
		"a semicolon":            signed("MessageSid=SM1;From=1", 400),
		"no MessageSid":          signed("From=%2B1&To=%2B2&Body=x", 400),
		"no From":                signed("MessageSid=SM1&To=%2B2&Body=x", 400),
		"a From of a plus":       signed("MessageSid=SM1&From=%2B&To=%2B2&Body=x", 400),
		"no To":                  signed("MessageSid=SM1&From=%2B1&Body=x", 400),
		"no Body":                signed("MessageSid=SM1&From=%2B1&To=%2B2", 400),
		"two Bodies":             signed("MessageSid=SM1&From=%2B1&To=%2B2&Body=x&Body=y", 400),
		"two MessageSids":        signed("MessageSid=SM1&MessageSid=SM2&From=%2B1&To=%2B2&Body=x", 400),
		"two equal Froms":        signed("MessageSid=SM1&From=%2B1&From=%2B1&To=%2B2&Body=x", 400),
		"a MessageSid of bytes":  signed("MessageSid=SM%FF&From=%2B1&To=%2B2&Body=x", 400),
		"a MessageSid of miles":  signed("MessageSid="+strings.Repeat("S", 101)+"&From=%2B1&To=%2B2&Body=x", 400),
		"a From that is no text": signed("MessageSid=SM1&From=%FF%00&To=%2B2&Body=x", 400),
		"a To with a new line":   signed("MessageSid=SM1&From=%2B1&To=%2B2%0A&Body=x", 400),
	})
	refuse(t, httpsms.NewTwilio, func(c *httpsms.Config) { c.Callback = "" }, (*httpsms.Gateway).Inbound, map[string]call{
		"no public URL":           {body: twilioText, header: good, want: 403},
		"no public URL, the door": {body: twilioText, header: signTwilio("/inbound", twilioText), want: 403},
	})
}

func TestTwilioHostileReceipts(t *testing.T) {
	const at = public + "/status"
	signed := func(body string, want int) call { return call{body: body, header: signTwilio(at, body), want: want} }
	refuse(t, httpsms.NewTwilio, keep, (*httpsms.Gateway).Status, map[string]call{
		"no signature":      {body: twilioStatus, header: with(signTwilio(at, twilioStatus), "X-Twilio-Signature", ""), want: 403},
		"of the other door": {body: twilioStatus, header: signTwilio(public+"/inbound", twilioStatus), want: 403},
		"no MessageSid":     signed("MessageStatus=sent", 400),
		"no MessageStatus":  signed("MessageSid=SM1", 400),
		"two states":        signed("MessageSid=SM1&MessageStatus=sent&MessageStatus=failed", 400),
	})
}

func TestSMSGateHostileCallbacks(t *testing.T) {
	const now = "1700000000"
	good := signSMSGate(now, smsgateText)
	signed := func(body string, want int) call { return call{body: body, header: signSMSGate(now, body), want: want} }
	at := func(stamp string) call {
		return call{body: smsgateText, header: signSMSGate(stamp, smsgateText), want: 403}
	}
	refuse(t, httpsms.NewSMSGate, keep, (*httpsms.Gateway).Inbound, map[string]call{
		"no signature":             {body: smsgateText, header: with(good, "X-Signature", ""), want: 403},
		"no hex":                   {body: smsgateText, header: with(good, "X-Signature", "xyz"), want: 403},
		"half a signature":         {body: smsgateText, header: with(good, "X-Signature", good["X-Signature"][:32]), want: 403},
		"another body":             {body: smsgateText + " ", header: good, want: 403},
		"another timestamp":        {body: smsgateText, header: with(good, "X-Timestamp", "1700000001"), want: 403},
		"replayed":                 at("1699999699"),
		"from the future":          at("1700000301"),
		"without a timestamp":      at(""),
		"a timestamp of words":     at("now"),
		"a timestamp of all times": at("-9223372036854775808"),
		"a PUT":                    {method: "PUT", body: smsgateText, header: good, want: 405},
		"another content type":     {body: smsgateText, header: with(good, "Content-Type", "text/plain"), want: 415},
		"a huge body":              signed(`{"event":"`+strings.Repeat("a", 64<<10)+`"}`, 413),
		"no JSON":                  signed("event=sms:received", 400),
		"nothing":                  signed("", 400),
		"two values":               signed(smsgateText+"{}", 400),
		"a list":                   signed("["+smsgateText+"]", 400),
		"no event":                 signed(`{"payload":{"messageId":"m"}}`, 400),
		"a field twice":            signed(`{"event":"sms:received","event":"sms:sent","payload":{"messageId":"m"}}`, 400),
		"bytes that are no UTF-8":  signed(strings.Replace(smsgateText, "grüße", "gr\xfc", 1), 400),
		"half a surrogate pair":    signed(strings.Replace(smsgateText, "grüße", `\ud83d`, 1), 400),
		"no id":                    signed(`{"event":"sms:received","payload":{"message":"hi","sender":"+1","receivedAt":"t"}}`, 400),
		"no time":                  signed(`{"event":"sms:received","payload":{"messageId":"m","message":"hi","sender":"+1"}}`, 400),
		"no sender":                signed(`{"event":"sms:received","payload":{"messageId":"m","message":"hi","receivedAt":"t"}}`, 400),
		"a sender of controls":     signed(`{"event":"sms:received","payload":{"messageId":"m","message":"hi","sender":"\u0000","receivedAt":"t"}}`, 400),
		"a receipt without id":     signed(`{"event":"sms:sent","payload":{"phoneNumber":"+1"}}`, 400),
	})
	refuse(t, httpsms.NewSMSGate, func(c *httpsms.Config) { c.SigningKey = "" }, (*httpsms.Gateway).Inbound, map[string]call{
		"without a key":     {body: smsgateText, header: good, want: 403},
		"with an empty key": {body: smsgateText, header: signWith("", now, smsgateText), want: 403},
	})
}

// The edges of five minutes are inside.
func TestSMSGateFreshness(t *testing.T) {
	for _, stamp := range []string{"1699999700", "1700000300"} {
		in := &taker{}
		cfg := config("https://gateway.test")
		cfg.Inbound = in
		w := knock(open(t, httpsms.NewSMSGate, cfg).Inbound(), "POST", "/", smsgateText, signSMSGate(stamp, smsgateText))
		if w.Code != http.StatusNoContent || in.count() != 1 {
			t.Errorf("%s: %d %s", stamp, w.Code, w.Body)
		}
	}
}
