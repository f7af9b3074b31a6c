package smpp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"aviso/transport/smpp"
	"aviso/transport/smpp/smpptest"
)

const patience = 30 * time.Second

// smsc is a message centre by others, whose events are waited for one by one.
type smsc struct {
	t      *testing.T
	addr   string
	centre *smpptest.Centre
	events chan smpptest.Event
	past   []smpptest.Event // came while another was waited for
}

// centreOf starts a message centre; with a key and its certificate in the order
// it speaks TLS.
func centreOf(t *testing.T, order map[string]any) *smsc {
	t.Helper()
	s := &smsc{t: t, events: make(chan smpptest.Event, 1<<16)}
	ctx := t.Context()
	s.centre = smpptest.Start(t, func(e smpptest.Event) {
		select {
		case s.events <- e:
		case <-ctx.Done(): // nobody waits for it any more
		}
	})
	s.tell("listen", order)
	s.addr = fmt.Sprintf("127.0.0.1:%d", s.want("listening").Port)
	return s
}

func (s *smsc) tell(do string, order map[string]any) {
	s.t.Helper()
	s.centre.Tell(do, order)
}

func (s *smsc) policy(p map[string]any) {
	s.t.Helper()
	s.tell("policy", map[string]any{"policy": p})
	s.want("policy")
}

// want is the next event of that name; others are kept.
func (s *smsc) want(name string) smpptest.Event {
	s.t.Helper()
	for i, e := range s.past {
		if e.Event == name {
			s.past = append(s.past[:i:i], s.past[i+1:]...)
			return e
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case e := <-s.events:
			if e.Event == name {
				return e
			}
			s.past = append(s.past, e)
		case <-s.centre.Gone():
			s.t.Fatalf("the message centre has gone; no %s", name)
		case <-late.C:
			s.t.Fatalf("no %s; there were %+v", name, s.past)
		}
	}
}

// joined is a gateway with a bind at s.
func joined(t *testing.T, s *smsc, change func(*smpp.Config)) (*smpp.Gateway, *box) {
	t.Helper()
	b := newBox()
	cfg := smpp.Config{Name: "carrier", Address: s.addr, Username: "aviso", Password: "hush", Inbound: b,
		Timeouts: smpp.Timeouts{Redial: 10 * time.Millisecond, Again: 10 * time.Millisecond}}
	if change != nil {
		change(&cfg)
	}
	g, err := smpp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { g.Run(context.Background()); close(ended) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		g.Close(ctx)
		<-ended
	})
	g.SetBinds(1)
	return g, b
}

// linked is the same, when the bind is there and Send goes through.
func linked(t *testing.T, s *smsc, change func(*smpp.Config)) (*smpp.Gateway, *box) {
	t.Helper()
	g, b := joined(t, s, change)
	s.want("bind_transceiver")
	awaitBound(t, g)
	return g, b
}

// awaitBound waits until texts can be sent: the answer to the bind is on its
// way, and nothing at the peer says when it has come.
func awaitBound(t testing.TB, g *smpp.Gateway) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for g.Bound() == 0 {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("not bound: %+v", g.Health())
		}
	}
}

// certificate is for 127.0.0.1, by nobody anyone trusts.
func certificate(t *testing.T) (key, cert string, roots *x509.CertPool) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	return key, cert, roots
}

func TestTLS(t *testing.T) {
	key, cert, roots := certificate(t)
	s := centreOf(t, map[string]any{"key": key, "cert": cert})
	g, _ := linked(t, s, func(c *smpp.Config) { c.TLS = &tls.Config{RootCAs: roots} })
	check(t, g.Send(t.Context(), text("a")).Verdicts, "taken ESME_ROK 4000000001")
	for name, change := range map[string]func(*smpp.Config){
		"a stranger's": func(c *smpp.Config) { c.TLS = &tls.Config{} },
		"another's":    func(c *smpp.Config) { c.TLS = &tls.Config{RootCAs: roots, ServerName: "carrier.test"} },
	} {
		g, _ := joined(t, s, change)
		late := time.NewTimer(patience)
		look := time.NewTicker(time.Millisecond)
		for g.Health().LastError == "" {
			select {
			case <-look.C:
			case <-late.C:
				t.Fatal("nothing goes wrong")
			}
		}
		look.Stop()
		if h := g.Health(); h.Up || !strings.Contains(h.LastError, "TLS could not be agreed") {
			t.Errorf("%s: %+v", name, h)
		}
	}
}
