// Package httpsms carries texts to gateways that speak HTTP, and takes what
// they call back with: Twilio and what is compatible with it, and SMSGate, the
// app that makes an Android phone a gateway.
//
// A text is one POST, taken whole. What matters is whether that POST may have
// left: before its body nothing has happened, after it only an answer tells.
// So the body is a gate, which asks the text's MayStart and knows whether it
// was opened.
//
// It never sends a text a second time, never follows a redirect, uses no proxy
// from the environment, and stores nothing: a callback is answered well once
// transport.Inbound has made it durable.
package httpsms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"golang.org/x/time/rate"

	"aviso/transport"
)

// Gateway is a transport.Texter for one gateway, with the handlers of its
// callbacks. It is safe for concurrent use.
type Gateway struct {
	cfg     Config
	kind    kind
	client  *http.Client
	open    atomic.Int64 // connections
	slots   chan struct{}
	pace    *rate.Limiter
	breaker breaker
	log     *slog.Logger
}

// kind is what sets one kind of gateway apart.
type kind interface {
	// submission is the POST that hands over t: a path below the base URL and
	// the body with its type.
	submission(t *transport.Text) (path, mediaType string, body []byte)
	// verdict reads an answer to it.
	verdict(a answer) transport.TextVerdict
	// read checks a callback at one of the doors and says what it brought. Its
	// error is a *refusal.
	read(at door, query string, h http.Header, body []byte) (event, error)
	// thank answers a callback that was stored.
	thank(w http.ResponseWriter, at door)
	// setup makes the gateway call back, or says how to.
	setup(ctx context.Context, g *Gateway) ([]string, error)
}

func newGateway(cfg Config, k kind) *Gateway {
	g := &Gateway{
		cfg:     cfg,
		kind:    k,
		slots:   make(chan struct{}, cfg.MaxConcurrent),
		breaker: breaker{now: cfg.Now, jitter: cfg.Jitter},
		log:     cfg.Log.With("gateway", cfg.Name),
	}
	if cfg.Rate > 0 {
		g.pace = rate.NewLimiter(rate.Limit(cfg.Rate), max(1, int(cfg.Rate)))
	}
	g.client = g.newClient()
	return g
}

// notice is why nothing came of a text, in words that may be shown to whoever
// sent it: without addresses.
type notice string

func (n notice) Error() string { return string(n) }

const (
	errDown      notice = "the gateway is not reachable at present; it is tried again soon"
	errBusy      notice = "the gateway was not free in time"
	errNoLink    notice = "no connection to the gateway could be made"
	errWithdrawn notice = "the text was withdrawn before it left"
	errSilent    notice = "the gateway did not answer in time"
	errLost      notice = "the connection to the gateway was lost before it answered"
)

func verdict(o transport.Outcome, why notice) transport.TextVerdict {
	return transport.TextVerdict{Outcome: o, Text: string(why)}
}

// Send implements transport.Texter, with a single verdict for all parts.
func (g *Gateway) Send(ctx context.Context, t *transport.Text) transport.TextReport {
	start := g.cfg.Now()
	v := g.carry(ctx, t)
	v.Text = oneLine(v.Text)
	return transport.TextReport{Verdicts: []transport.TextVerdict{v}, Duration: g.cfg.Now().Sub(start)}
}

func (g *Gateway) carry(ctx context.Context, t *transport.Text) transport.TextVerdict {
	probe, ok := g.breaker.enter()
	if !ok {
		return verdict(transport.Later, errDown)
	}
	defer g.breaker.leave(probe)
	if !g.begin(ctx, len(t.Parts)) {
		return verdict(transport.Later, errBusy)
	}
	defer func() { <-g.slots }()
	limited, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	path, mediaType, content := g.kind.submission(t)
	body := newGate(content, t.MayStart)
	a, err := g.post(limited, path, mediaType, body)
	left := body.shut()
	switch {
	case err == nil:
		g.breaker.worked()
		v := g.kind.verdict(a)
		if v.Outcome == transport.Unknown && !left {
			v.Outcome = transport.Later // it was turned away at its headers
		}
		return v
	case left && limited.Err() != nil:
		return verdict(transport.Unknown, errSilent)
	case left:
		return verdict(transport.Unknown, errLost)
	case body.withdrawn():
		return verdict(transport.Later, errWithdrawn)
	}
	// A caller who walks away says nothing about the gateway; a deadline does,
	// because one that swallows packets looks like that.
	if !errors.Is(ctx.Err(), context.Canceled) {
		g.breaker.failed(probe, cause(err))
	}
	return verdict(transport.Later, errNoLink)
}

// begin waits for a place and for the gateway's pace, which carriers count in
// segments, and reports whether there was time. A place that was had is to be
// given back.
func (g *Gateway) begin(ctx context.Context, segments int) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	for range max(1, segments) {
		if g.pace != nil && g.pace.Wait(ctx) != nil {
			<-g.slots
			return false
		}
	}
	return true
}

// Health is the gateway's state as this process has seen it.
func (g *Gateway) Health() transport.Health {
	why, next := g.breaker.state()
	return transport.Health{Up: why == "", LastError: why, NextProbe: next, Open: int(g.open.Load()), InUse: len(g.slots)}
}

// Inbound is the handler of texts that come in, for POST {Callback}/inbound.
func (g *Gateway) Inbound() http.Handler { return g.callback(inbound) }

// Status is the handler of delivery reports, for POST {Callback}/status.
func (g *Gateway) Status() http.Handler { return g.callback(status) }

// Setup makes the gateway call us back and returns what the operator is told,
// line by line: what was registered, or what is left to be set by hand. It can
// be repeated. Its error may name addresses, never a secret.
func (g *Gateway) Setup(ctx context.Context) ([]string, error) {
	if g.cfg.Callback == "" {
		return nil, fmt.Errorf("gateway %s: %w", g.cfg.Name, errNoCallback)
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	lines, err := g.kind.setup(ctx, g)
	if err != nil {
		return lines, fmt.Errorf("gateway %s: %w", g.cfg.Name, err)
	}
	return lines, nil
}

// Close closes the connections that carry nothing. Texts under way finish.
func (g *Gateway) Close() { g.client.CloseIdleConnections() }
