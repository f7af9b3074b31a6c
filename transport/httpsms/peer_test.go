package httpsms_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/httpsms"
)

// asked is one request that came to the peer in full.
type asked struct {
	path   string // with the query
	header http.Header
	body   string
}

// reply is what the peer does with a request.
type reply struct {
	status int
	body   string
	then   string // "": answer; "hang": never answer; "drop": close the connection
	header http.Header
}

// peer is a gateway's HTTP server, made of nothing but net/http.
type peer struct {
	*httptest.Server
	answer func(asked) reply
	begun  chan struct{} // a silence has begun

	mu   sync.Mutex
	seen []asked
}

func startPeer(t *testing.T, answer func(asked) reply) *peer {
	p := &peer{answer: answer, begun: make(chan struct{}, 16)}
	stopped := make(chan struct{})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			return // it was withdrawn while it came
		}
		a := asked{r.URL.RequestURI(), r.Header, string(body)}
		p.mu.Lock()
		p.seen = append(p.seen, a)
		p.mu.Unlock()
		does := p.answer(a)
		switch does.then {
		case "hang":
			p.begun <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-stopped:
			}
		case "drop":
			panic(http.ErrAbortHandler)
		}
		for k, v := range does.header {
			w.Header()[k] = v
		}
		w.WriteHeader(does.status)
		_, _ = io.WriteString(w, does.body)
	}))
	t.Cleanup(func() { close(stopped); p.Close() })
	return p
}

func (p *peer) all() []asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]asked{}, p.seen...)
}

// taker records what came in, and fails when it is told to.
type taker struct {
	mu       sync.Mutex
	fail     error
	texts    []transport.InboundText
	receipts []transport.Receipt
}

func (k *taker) Receive(_ context.Context, t *transport.InboundText) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.texts = append(k.texts, *t)
	return k.fail
}

func (k *taker) Receipt(_ context.Context, r *transport.Receipt) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.receipts = append(k.receipts, *r)
	return k.fail
}

func (k *taker) Answered(context.Context, *transport.LateAnswer) error { return nil }

func (k *taker) count() int { return len(k.texts) + len(k.receipts) }

// config is a gateway at base, whose callbacks come to sms.example.
func config(base string) httpsms.Config {
	return httpsms.Config{
		Name:       "carrier",
		URL:        base,
		Username:   "AC00000000000000000000000000000001",
		Password:   "secret-of-carrier",
		SigningKey: "signing-key",
		Sender:     "+447700900000",
		Callback:   "https://sms.example/hooks/sms/carrier",
		Inbound:    &taker{},
		Now:        func() time.Time { return time.Unix(1_700_000_000, 0) },
	}
}

// maker is NewTwilio or NewSMSGate.
type maker func(httpsms.Config) (*httpsms.Gateway, error)

func open(t *testing.T, make maker, cfg httpsms.Config) *httpsms.Gateway {
	t.Helper()
	g, err := make(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func send(t *testing.T, g *httpsms.Gateway, to string) transport.TextVerdict {
	t.Helper()
	report := g.Send(t.Context(), &transport.Text{ID: "0199-id", From: "+447700900001", To: to, Content: "hello", Parts: [][]byte{[]byte("hello")}})
	if len(report.Verdicts) != 1 {
		t.Fatalf("%+v", report)
	}
	return report.Verdicts[0]
}

func yes(n int) string { return fmt.Sprintf("+4477009%05d", n+100) }

// quiet is for a server whose complaints are expected.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
