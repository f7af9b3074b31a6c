package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aviso/transport"
	"aviso/transport/sandbox"
	"aviso/transport/transporttest"
)

// bound is how many receipts are on their way at one time.
const bound = 1024

// phone is both ends of a sandbox gateway: what it captured, and what it
// brought.
type phone struct {
	mu       sync.Mutex
	fail     error // of keeping a text
	failIn   error // of receiving one
	retries  int   // receipts that are not stored the first time
	kept     []transport.Text
	in       []transport.InboundText
	received []transport.InboundText
	receipts chan transport.Receipt
}

func (p *phone) KeepText(_ context.Context, _ string, t *transport.Text) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.kept = append(p.kept, *t)
	}
	return p.fail
}

func (p *phone) KeepInbound(_ context.Context, t *transport.InboundText) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in = append(p.in, *t)
	return nil
}

func (p *phone) Receive(_ context.Context, t *transport.InboundText) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = append(p.received, *t)
	return p.failIn
}

func (p *phone) Receipt(ctx context.Context, r *transport.Receipt) error {
	p.mu.Lock()
	p.retries--
	again := p.retries >= 0
	p.mu.Unlock()
	if again {
		return errors.New("not now")
	}
	select {
	case p.receipts <- *r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *phone) Answered(context.Context, *transport.LateAnswer) error { return nil }

func (p *phone) submitted(id string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.kept {
		if t.ID == id {
			n++
		}
	}
	return n
}

func openGateway(t *testing.T, p *phone) *sandbox.Gateway {
	ids := 0
	g := sandbox.NewGateway(sandbox.TextConfig{
		Name:    "carrier",
		Number:  "+447700900000",
		Store:   p,
		Inbound: p,
		NewID:   func() string { ids++; return fmt.Sprint(ids) },
	})
	t.Cleanup(g.Close)
	return g
}

func TestTextStory(t *testing.T) {
	transporttest.RunTexts(t, func(t *testing.T) transporttest.TextHop {
		p := &phone{receipts: make(chan transport.Receipt, 1024)}
		return transporttest.TextHop{
			Texter:       openGateway(t, p),
			Taken:        func(n int) string { return fmt.Sprintf("+4477009%05d", n) },
			BadRecipient: sandbox.NumberRefused,
			Later:        sandbox.NumberLater,
			Unknown:      sandbox.NumberUnknown,
			Submitted:    p.submitted,
		}
	})
}

// Every magic number does what it is there for, and no other number does.
func TestMagicNumbers(t *testing.T) {
	for _, c := range []struct {
		to       string
		outcome  transport.Outcome
		captured int
		receipt  transport.ReceiptState
	}{
		{"+15005550001", transport.Refused, 0, ""},
		{"+15005550002", transport.Later, 0, ""},
		{"+15005550003", transport.Taken, 1, transport.Rejected},
		{"+15005550004", transport.Taken, 1, transport.Undeliverable},
		{"+15005550009", transport.Unknown, 1, ""},
		{"+15005550005", transport.Taken, 1, transport.Delivered},
		{"+447700900123", transport.Taken, 1, transport.Delivered},
	} {
		p := &phone{receipts: make(chan transport.Receipt)}
		g := openGateway(t, p)
		text := &transport.Text{ID: "0199-id", From: "+447700900000", To: c.to}
		v := g.Send(t.Context(), text).Verdicts[0]
		if v.Outcome != c.outcome || v.Recipient != (c.outcome == transport.Refused) || p.submitted("0199-id") != c.captured {
			t.Errorf("%s: %+v, captured %d times", c.to, v, p.submitted("0199-id"))
		}
		if c.receipt == "" {
			g.Close() // nothing is on its way that would now be brought
			select {
			case r := <-p.receipts:
				t.Errorf("%s: %+v", c.to, r)
			default:
			}
			continue
		}
		r := <-p.receipts
		want := transport.Receipt{Gateway: "carrier", ProviderID: v.ProviderID, TextID: "0199-id", From: "+447700900000", To: c.to,
			State: c.receipt, Code: r.Code, Text: "the sandbox says " + string(c.receipt)}
		if r != want || v.ProviderID == "" || (r.Code == "") != (c.receipt == transport.Delivered) {
			t.Errorf("%s: %+v", c.to, r)
		}
	}
}

// A text that could not be captured was not taken, and nobody hears of it.
func TestTextStoreFails(t *testing.T) {
	p := &phone{fail: errors.New("secret of the database"), receipts: make(chan transport.Receipt, 1)}
	g := openGateway(t, p)
	for range bound + 1 { // none of them keeps a receipt's place
		v := g.Send(t.Context(), &transport.Text{ID: "1", To: "+447700900123"}).Verdicts[0]
		if v != (transport.TextVerdict{Outcome: transport.Later, Text: "the sandbox could not keep the text"}) {
			t.Fatalf("%+v", v)
		}
	}
	g.Close()
	if len(p.receipts) != 0 {
		t.Error("there is a receipt")
	}
}

// A receipt that was not stored is brought again.
func TestReceiptComesAgain(t *testing.T) {
	p := &phone{retries: 1, receipts: make(chan transport.Receipt)}
	g := openGateway(t, p)
	g.Send(t.Context(), &transport.Text{ID: "1", To: "+447700900123"})
	if r := <-p.receipts; r.TextID != "1" {
		t.Errorf("%+v", r)
	}
}

// Of a text whose receipt nobody wants there is none: the next one is another's.
func TestUnreportedText(t *testing.T) {
	p := &phone{receipts: make(chan transport.Receipt)}
	g := openGateway(t, p)
	for _, text := range []*transport.Text{{ID: "1", To: "+447700900123", Unreported: true}, {ID: "2", To: "+447700900123"}} {
		if v := g.Send(t.Context(), text).Verdicts[0]; v.Outcome != transport.Taken || p.submitted(text.ID) != 1 {
			t.Errorf("%+v", v)
		}
	}
	if r := <-p.receipts; r.TextID != "2" {
		t.Errorf("%+v", r)
	}
}

// Receipts that nobody takes hold texts up, and at the end are let go.
func TestReceiptsAreBounded(t *testing.T) {
	p := &phone{receipts: make(chan transport.Receipt)}
	g := openGateway(t, p)
	for i := range bound {
		if v := g.Send(t.Context(), &transport.Text{ID: fmt.Sprint(i), To: "+447700900123"}).Verdicts[0]; v.Outcome != transport.Taken {
			t.Fatalf("%d: %+v", i, v)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan transport.TextVerdict)
	go func() {
		asked <- g.Send(ctx, &transport.Text{ID: "over", To: "+447700900123"}).Verdicts[0]
	}()
	cancel()
	if v := <-asked; v.Outcome != transport.Later || p.submitted("over") != 0 {
		t.Errorf("%+v", v)
	}
	<-p.receipts
	<-p.receipts // the place of the first is free when the second is brought
	if v := g.Send(t.Context(), &transport.Text{ID: "after", To: "+447700900123"}).Verdicts[0]; v.Outcome != transport.Taken {
		t.Errorf("%+v", v)
	}
	g.Close()
	if v := g.Send(t.Context(), &transport.Text{ID: "closed", To: "+447700900123"}).Verdicts[0]; v.Outcome != transport.Later {
		t.Errorf("%+v", v)
	}
}

func TestInject(t *testing.T) {
	p := &phone{}
	g := openGateway(t, p)
	for _, c := range []struct{ from, text string }{{"+447700900123", "order grüße"}, {"Post", "a\xffb"}, {"07700900123", ""}} {
		if err := g.Inject(t.Context(), c.from, c.text); err != nil {
			t.Error(err)
		}
	}
	want := []transport.InboundText{
		{From: "447700900123", FromType: transport.International, Data: []byte("order grüße"), RepeatKey: "sandbox-1"},
		{From: "Post", FromType: transport.Alphanumeric, Data: []byte("a\uFFFDb"), RepeatKey: "sandbox-2"},
		{From: "07700900123", Data: []byte(""), RepeatKey: "sandbox-3"},
	}
	for i := range want {
		want[i].Gateway, want[i].To, want[i].Alphabet = "carrier", "+447700900000", transport.UTF8
	}
	if diff := cmp.Diff(want, p.received); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, p.in); diff != "" {
		t.Error(diff)
	}
	p.failIn = errors.New("not now")
	if err := g.Inject(t.Context(), "+1", "x"); !errors.Is(err, p.failIn) || len(p.in) != 3 {
		t.Errorf("%v, %d captured", err, len(p.in))
	}
}
