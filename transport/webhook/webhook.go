// Package webhook posts what customers subscribed to, to the URLs they gave.
//
// Those URLs are a stranger's, so it is all about where a request may not go:
// what is inside our network stays unreachable, however a URL spells it or a
// name server answers. It makes one attempt: it follows no redirect, asks no
// proxy, and never repeats a request, not even one that broke off.
//
// It knows neither texts nor shortcodes, and keeps nothing between two pushes.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"aviso/transport"
)

const (
	// lasts is how long a push may take, from the name's lookup to the end of
	// the answer (contract, SMS, Webhook).
	lasts = 10 * time.Second
	// answerBytes is how much of an answer is read; the rest is dropped.
	answerBytes = 64 << 10
	// headerBytes is how much an answer may have before its body.
	headerBytes = 64 << 10
)

// Config is where a Client may push to, and how.
type Config struct {
	// Allow are networks that are not public and may be pushed to. What is link
	// local, gives out a cloud's metadata, or is no single host stays refused.
	Allow []netip.Prefix
	// OwnPorts returns the ports that this program listens on, which are refused
	// on every address of this machine. It is asked at each push, since they may
	// be the system's choice; nil for none.
	OwnPorts func() []uint16
	Resolver *net.Resolver  // nil: the system's
	RootCAs  *x509.CertPool // nil: the system's
	Lasts    time.Duration  // of one push at most; 10 s when 0
}

// Client is a transport.Pusher. It is safe for concurrent use.
type Client struct {
	guard *guard
	wire  *http.Transport
	lasts time.Duration
}

// New returns a client. It holds no connection and needs no closing.
func New(c Config) *Client {
	g := newGuard(c.Allow, c.OwnPorts)
	dialer := &net.Dialer{Resolver: c.Resolver, ControlContext: g.control}
	// HTTP/1.1 says all that a push has to say. HTTP/2 would repeat a request
	// whose stream was refused, and has a server's worth of ways to keep a client
	// busy.
	var only http.Protocols
	only.SetHTTP1(true)
	if c.Lasts == 0 {
		c.Lasts = lasts
	}
	return &Client{guard: g, lasts: c.Lasts, wire: &http.Transport{
		Proxy:       nil, // http.DefaultTransport's would ask the environment, and the guard would see the proxy's address
		DialContext: dialer.DialContext,
		Protocols:   &only, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		// A kept connection was checked for another push, maybe another customer's.
		DisableKeepAlives: true,
		// Nothing is unpacked: what is read is counted as it comes.
		DisableCompression: true, MaxResponseHeaderBytes: headerBytes,
	}}
}

// Push implements transport.Pusher.
func (c *Client) Push(ctx context.Context, url string, body []byte) transport.PushReport {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.lasts)
	defer cancel()
	report := c.post(ctx, url, body)
	report.Duration = time.Since(began)
	return report
}

func (c *Client) post(ctx context.Context, url string, body []byte) transport.PushReport {
	// The URL was checked when it was saved, maybe under other rules.
	if err := c.CheckURL(url); err != nil {
		return transport.PushReport{Error: err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return transport.PushReport{Error: errNoURL.Error()}
	}
	request.GetBody = nil // what was sent cannot be sent again
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Aviso")
	// The transport itself makes one request; http.Client would follow redirects,
	// and quote the URL in its errors.
	answer, err := c.wire.RoundTrip(request)
	if err != nil {
		return transport.PushReport{Error: explain(err)}
	}
	defer answer.Body.Close()
	report := transport.PushReport{Status: answer.StatusCode}
	if answer.StatusCode != http.StatusSwitchingProtocols { // after which there is no body, but a conversation
		// An answer that breaks off, or takes too long, has a status all the same.
		report.Answer, _ = io.ReadAll(io.LimitReader(answer.Body, answerBytes))
	}
	return report
}
