package main

import (
	"log/slog"
	"testing"

	"aviso/transport"
)

// Every kind of gateway is made from the example's words, and no text goes where
// nothing is bound.
func TestGateways(t *testing.T) {
	file := configFile(t, `
[sms_http]
public_url = "https://sms.test"
[[sms.gateway]]
name = "carrier"
kind = "smpp"
url = "smpps://smsc.test:2775"
username = "aviso"
binds = 2
window = 10
rate = 30
bind = "separate"
concat = "udh16"
[[sms.gateway]]
name = "cloud"
kind = "twilio"
username = "AC1"
password = "hunter2"
weight = 3
[[sms.gateway]]
name = "phone"
kind = "smsgate"
url = "http://192.0.2.7:8080"
username = "aviso"
password = "hunter2"
sender = "+14155551212"
[[sms.gateway]]
name = "box"
kind = "sandbox"
[[sms.gateway]]
name = "ears"
kind = "smpp"
url = "smpp://smsc.test:2775"
username = "aviso"
bind = "receiver"
concat = "payload"
`)
	c, warnings, err := loadConfig(file, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	g, err := newGateways(c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	for i, want := range []struct {
		name, sender, host  string
		weight, places      int
		wide, whole, bound  bool
		sandbox, calledBack bool
		receives            bool
	}{
		{name: "carrier", host: "smsc.test:2775", weight: 1, places: 20, wide: true, bound: true},
		{name: "cloud", weight: 3, places: webPlaces, whole: true, calledBack: true},
		{name: "phone", host: "192.0.2.7:8080", sender: "+14155551212", weight: 1, places: webPlaces, whole: true, calledBack: true},
		{name: "box", weight: 1, places: sandboxPlaces, whole: true, sandbox: true},
		{name: "ears", host: "smsc.test:2775", weight: 1, places: 32, whole: true, bound: true, receives: true},
	} {
		x := g.made[i]
		if _, hooked := g.hooks[x.Name]; x.Name != want.name || x.Sender != want.sender || x.Weight != want.weight || x.Places != want.places || x.Wide != want.wide ||
			x.Whole != want.whole || (x.Binder != nil) != want.bound || x.Sandbox != want.sandbox || hooked != want.calledBack || x.Host != want.host || (len(x.Callbacks) == 2) != hooked || x.Texter == nil ||
			x.ReceiveOnly != want.receives {
			t.Errorf("%+v, called back: %t", x, hooked)
		}
	}
	if v := g.made[0].Texter.Send(t.Context(), &transport.Text{From: "+14155551212", To: "+447700900123", Encoding: transport.GSM7, Parts: [][]byte{{1}}}).Verdicts; v[0].Outcome != transport.Later {
		t.Errorf("%v", v)
	}
	if c.smsMode() != modeLive || c.emailMode() != modeOff {
		t.Errorf("%s %s", c.smsMode(), c.emailMode())
	}
}
