package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

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

// dialling runs the one gateway of a configuration, which has what is added to
// it, and may hold one bind. What serve does with its connections ends with them.
func dialling(t *testing.T, scheme, more string, serve func(net.Conn)) *gateways {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); serve(conn) }()
		}
	}()
	c, _, err := loadConfig(configFile(t, `
[[sms.gateway]]
name = "carrier"
kind = "smpp"
url = "`+scheme+`://`+l.Addr().String()+`"
username = "aviso"
`+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGateways(c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	g.run(func(f func()) { go f() })
	g.made[0].Binder.SetBinds(1)
	return g
}

// With smpps:// nothing is said before TLS is, and TLS of today.
func TestSecureGatewayDialsTLS(t *testing.T) {
	type greeting struct {
		versions []uint16
		err      error
	}
	greetings := make(chan greeting, 100)
	dialling(t, "smpps", "", func(conn net.Conn) {
		var said greeting
		said.err = tls.Server(conn, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			said.versions = hello.SupportedVersions
			return nil, errors.New("that is all")
		}}).HandshakeContext(t.Context())
		greetings <- said
	})
	if said := <-greetings; len(said.versions) == 0 || slices.Min(said.versions) < tls.VersionTLS12 {
		t.Errorf("it offers the versions %x: %v", said.versions, said.err)
	}
}

// agreeable is a message centre that says yes to every PDU.
func agreeable(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		head := make([]byte, 16)
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, in, int64(binary.BigEndian.Uint32(head))-16); err != nil {
			return
		}
		head[4] |= 0x80
		binary.BigEndian.PutUint32(head, 18)
		if _, err := conn.Write(append(head, "1\x00"...)); err != nil {
			return
		}
	}
}

// The rate is all binds' together: one of four has a quarter of it.
func TestGatewayRateIsShared(t *testing.T) {
	g := dialling(t, "smpp", "binds = 4\nrate = 8", agreeable).made[0]
	over := time.NewTimer(20 * time.Second)
	defer over.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for g.Binder.Bound() == 0 {
		select {
		case <-look.C:
		case <-over.C:
			t.Fatal("it is not bound")
		}
	}
	// However slow this machine is, it only makes the second later still.
	began := time.Now()
	for range 2 {
		text := &transport.Text{From: "+14155551212", To: "+447700900123", Encoding: transport.GSM7, Parts: [][]byte{{1}}}
		if v := g.Texter.Send(t.Context(), text).Verdicts; v[0].Outcome != transport.Taken {
			t.Fatalf("%+v", v)
		}
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("two texts took %s, and two a second may go", took)
	}
}
