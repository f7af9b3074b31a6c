package smpp_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
)

// The peer speaks octets of its own and knows nothing of the codec it tests.

// pdu is one PDU as the peer sees it.
type pdu struct {
	cmd, status, seq uint32
	body             string
}

func (p pdu) String() string {
	return fmt.Sprintf("%08x status %x seq %d %q", p.cmd, p.status, p.seq, p.body)
}

func (p pdu) octets() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(p.body)))
	b = binary.BigEndian.AppendUint32(b, p.cmd)
	b = binary.BigEndian.AppendUint32(b, p.status)
	b = binary.BigEndian.AppendUint32(b, p.seq)
	return append(b, p.body...)
}

const (
	resp     = 0x80000000
	nack     = 0x80000000
	bindRX   = 1
	bindTX   = 2
	submit   = 4
	deliver  = 5
	unbind   = 6
	bindTRX  = 9
	enquire  = 0x15
	dataSM   = 0x103
	notNow   = 0x64
	throttle = 0x58
)

// centre is a message centre at the other end of a pipe. Everything happens in
// a bubble of testing/synctest, so that time passes only when all wait.
type centre struct {
	t     *testing.T
	links chan *link
	mu    sync.Mutex
	fail  error // what dialling says
	deaf  bool  // links bind by themselves and then read nothing more
	dials int
}

// link is the centre's end of one connection.
type link struct {
	t    *testing.T
	conn net.Conn
	got  chan pdu // closed when the gateway has closed
}

func (c *centre) dial(context.Context, string, string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dials++
	if c.fail != nil {
		return nil, c.fail
	}
	ours, theirs := net.Pipe()
	l := &link{t: c.t, conn: ours, got: make(chan pdu, 1<<16)}
	if c.deaf {
		go l.bindAndIgnore()
	} else {
		go l.read()
	}
	c.links <- l
	return theirs, nil
}

func (l *link) read() {
	defer close(l.got)
	for {
		head := make([]byte, 16)
		if _, err := io.ReadFull(l.conn, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head)-16)
		if _, err := io.ReadFull(l.conn, body); err != nil {
			return
		}
		l.got <- pdu{binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:]), binary.BigEndian.Uint32(head[12:]), string(body)}
	}
}

func (l *link) bindAndIgnore() {
	bind := make([]byte, 1024)
	if _, err := l.conn.Read(bind); err == nil {
		_, _ = l.conn.Write(pdu{bindTRX | resp, 0, 1, "\x00"}.octets())
	}
}

// next is the next PDU the gateway sends; ok is false once it has closed.
func (l *link) next() (p pdu, ok bool) {
	l.t.Helper()
	select {
	case p, ok = <-l.got:
		return p, ok
	case <-time.After(time.Hour): // of the bubble's time
		l.t.Fatal("the gateway says nothing more")
		return p, false
	}
}

// want is the next PDU and must have that command.
func (l *link) want(cmd uint32) pdu {
	l.t.Helper()
	p, ok := l.next()
	if !ok || p.cmd != cmd {
		l.t.Fatalf("not %08x but %v (open: %t)", cmd, p, ok)
	}
	return p
}

func (l *link) say(cmd, status, seq uint32, body string) {
	l.t.Helper()
	l.octets(pdu{cmd, status, seq, body}.octets())
}

func (l *link) octets(b []byte) {
	l.t.Helper()
	if _, err := l.conn.Write(b); err != nil {
		l.t.Fatalf("writing %x: %v", b, err)
	}
}

// closed waits for the gateway to close; PDUs before that are a failure,
// unless they are allowed.
func (l *link) closed(allowed ...uint32) {
	l.t.Helper()
	for {
		p, ok := l.next()
		if !ok {
			return
		}
		if !slices.Contains(allowed, p.cmd) {
			l.t.Errorf("%v before the end", p)
		}
	}
}

// take answers a submit with that id.
func (l *link) take(id string) pdu {
	l.t.Helper()
	p := l.want(submit)
	l.say(submit|resp, 0, p.seq, id+"\x00")
	return p
}

// bound waits for the next connection and lets it bind.
func (c *centre) bound() *link {
	c.t.Helper()
	l := <-c.links
	p, ok := l.next()
	if !ok {
		c.t.Fatal("no bind")
	}
	l.say(p.cmd|resp, 0, p.seq, "centre\x00\x02\x10\x00\x01\x34")
	synctest.Wait()
	return l
}

// box is an Inbound that keeps what it gets.
type box struct {
	texts    chan transport.InboundText
	receipts chan transport.Receipt
	late     chan transport.LateAnswer
	before   func(ctx context.Context) error // nil: all is well
}

func newBox() *box {
	return &box{texts: make(chan transport.InboundText, 1<<12), receipts: make(chan transport.Receipt, 1<<12), late: make(chan transport.LateAnswer, 64)}
}

func (b *box) say(ctx context.Context) error {
	if b.before == nil {
		return nil
	}
	return b.before(ctx)
}

func (b *box) Receive(ctx context.Context, t *transport.InboundText) error {
	b.texts <- *t
	return b.say(ctx)
}

func (b *box) Receipt(ctx context.Context, r *transport.Receipt) error {
	b.receipts <- *r
	return b.say(ctx)
}

func (b *box) Answered(ctx context.Context, a *transport.LateAnswer) error {
	b.late <- *a
	return b.say(ctx)
}

// bubble runs a test with a gateway of one bind and a centre. When the test
// ends, nothing of the gateway may be left: the bubble would not end.
func bubble(t *testing.T, change func(*smpp.Config), test func(t *testing.T, g *smpp.Gateway, c *centre, b *box)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &centre{t: t, links: make(chan *link, 64)}
		b := newBox()
		cfg := smpp.Config{Name: "carrier", Address: "centre.test:2775", Username: "aviso", Password: "hush", Inbound: b, Dial: c.dial}
		if change != nil {
			change(&cfg)
		}
		g, err := smpp.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		g.SetBinds(1)
		go g.Run(context.Background())
		defer func() {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			g.Close(over)
		}()
		test(t, g, c, b)
	})
}

func text(parts ...string) *transport.Text {
	t := &transport.Text{ID: "text-1", From: "+4477001", To: "+4477009", Content: strings.Join(parts, ""), Encoding: transport.GSM7, Reference: 0x1234}
	for i, p := range parts {
		t.Parts = append(t.Parts, []byte(p))
		t.PartReferences = append(t.PartReferences, uint16(100+i))
	}
	return t
}

// sending is a Send under way.
func sending(ctx context.Context, g *smpp.Gateway, t *transport.Text) <-chan []transport.TextVerdict {
	done := make(chan []transport.TextVerdict, 1)
	go func() { done <- g.Send(ctx, t).Verdicts }()
	return done
}

// check compares verdicts by "outcome code provider-id".
func check(t *testing.T, got []transport.TextVerdict, want ...string) {
	t.Helper()
	var have []string
	for _, v := range got {
		if v.Outcome != transport.Taken && v.Text == "" {
			t.Errorf("%+v has no words", v)
		}
		words := v.Outcome.String()
		if v.Recipient {
			words += " recipient"
		}
		have = append(have, strings.TrimRight(words+" "+v.Code+" "+v.ProviderID, " "))
	}
	if strings.Join(have, ", ") != strings.Join(want, ", ") {
		t.Errorf("verdicts\n%q, not\n%q\n%+v", have, want, got)
	}
}
