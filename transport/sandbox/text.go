// Package sandbox takes texts as well, and five recipients of them behave like
// the world outside: +15005550001 is refused, +15005550002 is throttled,
// +15005550003 is rejected after it was taken, +15005550004 is undeliverable,
// and of +15005550009 nothing is heard. Whatever else is taken gets a receipt
// that says delivered.
package sandbox

import (
	"context"
	"strings"
	"sync"
	"time"

	"aviso/transport"
)

// Recipients that behave like the world outside. They stand in a block of
// numbers that belongs to nobody.
const (
	NumberRefused       = "+15005550001" // refused, and the number is blamed
	NumberLater         = "+15005550002" // throttled: not taken now
	NumberRejected      = "+15005550003" // taken; a receipt says that it never left
	NumberUndeliverable = "+15005550004" // taken; a receipt says that it was not delivered
	NumberUnknown       = "+15005550009" // captured, without an answer or a receipt
)

// TextStore keeps what goes through a sandbox gateway, both ways. Each method
// is called once a text and must be durable when it returns.
type TextStore interface {
	KeepText(ctx context.Context, gateway string, t *transport.Text) error
	KeepInbound(ctx context.Context, t *transport.InboundText) error
}

// TextConfig is one sandbox gateway.
type TextConfig struct {
	Name    string
	Number  string            // that texts come in to
	Store   TextStore         // of what is captured
	Inbound transport.Inbound // takes receipts, and texts that are injected
	NewID   func() string     // a new id each time, for texts that are injected
}

// Gateway is a transport.Texter that carries nothing anywhere, and delivers
// receipts as if it had. It is safe for concurrent use.
type Gateway struct {
	cfg    TextConfig
	slots  chan struct{}           // a receipt's place in due, had before its text is taken
	due    chan *transport.Receipt // receipts on their way; never full for who has a place
	closed context.Context         // ends with Close
	cancel context.CancelFunc
	worker sync.WaitGroup
}

const (
	maxDue     = 1024 // receipts on their way at one time
	retryAfter = time.Second
)

// NewGateway returns a sandbox gateway and starts what delivers its receipts;
// Close ends it.
func NewGateway(cfg TextConfig) *Gateway {
	g := &Gateway{cfg: cfg, slots: make(chan struct{}, maxDue), due: make(chan *transport.Receipt, maxDue)}
	g.closed, g.cancel = context.WithCancel(context.Background())
	g.worker.Go(g.deliver)
	return g
}

// Close stops the delivery of receipts and waits for the one under way. Those
// that wait are lost, as with a gateway that was switched off; their texts
// stay as they are.
func (g *Gateway) Close() {
	g.cancel()
	g.worker.Wait()
}

// Send implements transport.Texter, with a single verdict for all parts. The
// receipt is handed on as the last thing Send does.
func (g *Gateway) Send(ctx context.Context, t *transport.Text) transport.TextReport {
	began := time.Now()
	v, receipt := g.take(ctx, t)
	report := transport.TextReport{Verdicts: []transport.TextVerdict{v}, Duration: time.Since(began)}
	if receipt != nil {
		g.due <- receipt
	}
	return report
}

func textLater(why string) transport.TextVerdict {
	return transport.TextVerdict{Outcome: transport.Later, Text: why}
}

// take captures a text, and returns the receipt that is to follow, whose place
// it has then.
func (g *Gateway) take(ctx context.Context, t *transport.Text) (transport.TextVerdict, *transport.Receipt) {
	switch t.To {
	case NumberRefused:
		return transport.TextVerdict{Outcome: transport.Refused, Recipient: true, Code: "REFUSED", Text: "The sandbox refuses this number for good"}, nil
	case NumberLater:
		return transport.TextVerdict{Outcome: transport.Later, Code: "THROTTLED", Text: "The sandbox takes nothing for this number now"}, nil
	}
	if ctx.Err() != nil || g.closed.Err() != nil {
		return textLater("the sandbox was asked too late to begin"), nil
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return textLater("the sandbox has too many receipts on their way"), nil
	case <-g.closed.Done():
		return textLater("the sandbox was asked too late to begin"), nil
	}
	v, receipt := g.capture(ctx, t)
	if receipt == nil {
		<-g.slots
	}
	return v, receipt
}

func (g *Gateway) capture(ctx context.Context, t *transport.Text) (transport.TextVerdict, *transport.Receipt) {
	if t.MayStart != nil && !t.MayStart() {
		return textLater("the text was withdrawn before it left"), nil
	}
	if err := g.cfg.Store.KeepText(ctx, g.cfg.Name, t); err != nil {
		return textLater("the sandbox could not keep the text"), nil
	}
	if t.To == NumberUnknown {
		return transport.TextVerdict{Outcome: transport.Unknown, Text: "The sandbox keeps silent about this number"}, nil
	}
	r := &transport.Receipt{
		Gateway:    g.cfg.Name,
		ProviderID: "sandbox-" + t.ID,
		TextID:     t.ID,
		From:       t.From,
		To:         t.To,
		State:      transport.Delivered,
	}
	switch t.To {
	case NumberRejected:
		r.State, r.Code = transport.Rejected, "REJECTED"
	case NumberUndeliverable:
		r.State, r.Code = transport.Undeliverable, "UNDELIVERABLE"
	}
	r.Text = "the sandbox says " + string(r.State)
	v := transport.TextVerdict{Outcome: transport.Taken, ProviderID: r.ProviderID, Text: "Captured by the sandbox"}
	if t.Unreported {
		r = nil
	}
	return v, r
}

// deliver hands receipts on, one after the other, until Close.
func (g *Gateway) deliver() {
	for {
		select {
		case r := <-g.due:
			g.bring(r)
			<-g.slots
		case <-g.closed.Done():
			return
		}
	}
}

// bring hands on one receipt, and again until it was stored: that is what a
// gateway does that was not acknowledged.
func (g *Gateway) bring(r *transport.Receipt) {
	for g.cfg.Inbound.Receipt(g.closed, r) != nil {
		pause := time.NewTimer(retryAfter)
		select {
		case <-pause.C:
		case <-g.closed.Done():
			pause.Stop()
			return
		}
	}
}

// Inject makes a text come in from a number, as if a phone had sent it, and
// returns once it is stored.
func (g *Gateway) Inject(ctx context.Context, from, text string) error {
	sender, plus := strings.CutPrefix(from, "+")
	t := &transport.InboundText{
		Gateway:   g.cfg.Name,
		From:      sender,
		To:        g.cfg.Number,
		Alphabet:  transport.UTF8,
		Data:      []byte(strings.ToValidUTF8(text, "\uFFFD")),
		RepeatKey: "sandbox-" + g.cfg.NewID(),
	}
	switch {
	case strings.Trim(sender, "0123456789") != "" || sender == "":
		t.FromType = transport.Alphanumeric
	case plus:
		t.FromType = transport.International
	}
	if err := g.cfg.Inbound.Receive(ctx, t); err != nil {
		return err
	}
	return g.cfg.Store.KeepInbound(ctx, t)
}
