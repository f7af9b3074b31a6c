package smpp

import (
	"bytes"
	"context"
	"sync"

	"aviso/transport"
)

const (
	// storesAtOnce is how many PDUs of a session are being stored at one time.
	storesAtOnce = 16
	// storesWaiting is how many more may wait. A gateway that sends further
	// ones without waiting for answers is asked to bring them again.
	storesWaiting = 1024
)

// intake hands what a session brings to Inbound, and acknowledges it.
type intake struct {
	s *session

	mu      sync.Mutex
	open    map[string]*delivery // by repeat key, until acknowledged
	waiting []func(context.Context)
	running int
}

// delivery is one PDU with the sequence numbers it came under so far.
type delivery struct {
	command   command
	message   message
	key       string
	sequences []uint32
}

// delivered takes a deliver_sm or data_sm and never waits. An equal PDU before
// the first is acknowledged is a repetition: it shares the first one's answer.
func (in *intake) delivered(h header, body []byte) {
	d := &delivery{command: h.command, sequences: []uint32{h.sequence}}
	var err error
	if d.message, err = parseMessage(h.command, bytes.Clone(body)); err != nil {
		in.s.log.Warn("a message that cannot be read", "error", err)
		in.s.reply(header{h.command | answer, statusNever, h.sequence}, 0)
		return
	}
	d.key = d.message.repeatKey()
	in.mu.Lock()
	defer in.mu.Unlock()
	if first := in.open[d.key]; first != nil && first.command == d.command {
		first.sequences = append(first.sequences, h.sequence)
		return
	}
	if !in.queue(func(ctx context.Context) { in.store(ctx, d) }) {
		in.acknowledge(d, statusNotNow)
		return
	}
	if in.open == nil {
		in.open = map[string]*delivery{}
	}
	in.open[d.key] = d
}

// answered tells Inbound of an answer that came late.
func (in *intake) answered(a *transport.LateAnswer) {
	in.mu.Lock()
	defer in.mu.Unlock()
	queued := in.queue(func(ctx context.Context) {
		if err := in.s.g.cfg.Inbound.Answered(ctx, a); err != nil {
			in.s.log.Error("a late answer could not be stored; a receipt may still settle the text", "id", a.TextID, "part", a.Part, "error", err)
		}
	})
	if !queued {
		in.s.log.Error("a late answer came while too much was waiting; a receipt may still settle the text", "id", a.TextID, "part", a.Part)
	}
}

// queue lets a worker do f, unless too much is waiting. in.mu is held.
func (in *intake) queue(f func(context.Context)) bool {
	if len(in.waiting) >= storesWaiting {
		return false
	}
	in.waiting = append(in.waiting, f)
	if in.running < storesAtOnce {
		in.running++
		in.s.g.stores.Go(in.work)
	}
	return true
}

// work does what is waiting and ends when nothing is.
func (in *intake) work() {
	for {
		in.mu.Lock()
		if len(in.waiting) == 0 {
			in.running--
			in.mu.Unlock()
			signal(in.s.nudge)
			return
		}
		f := in.waiting[0]
		in.waiting[0] = nil
		in.waiting = in.waiting[1:]
		in.mu.Unlock()
		ctx, cancel := context.WithTimeout(in.s.g.storing, in.s.g.cfg.Timeouts.Store)
		f(ctx)
		cancel()
	}
}

// store hands a delivery in and acknowledges it. When the link is gone before
// it began, the gateway will bring it again.
func (in *intake) store(ctx context.Context, d *delivery) {
	select {
	case <-in.s.gone:
		return
	default:
	}
	err := in.s.handIn(ctx, d)
	said := statusOK
	if err != nil {
		in.s.log.Error("what the gateway brought could not be stored; it is asked to bring it again", "error", err)
		said = statusNotNow
	}
	// Until the answer is on its way the delivery stays open, so that a
	// repetition in the same moment is not taken for another text.
	in.mu.Lock()
	defer in.mu.Unlock()
	in.acknowledge(d, said)
	if in.open[d.key] == d {
		delete(in.open, d.key)
	}
}

// acknowledge answers a delivery under all its numbers, with an empty
// message_id (SMPP 3.4, 4.6.2).
func (in *intake) acknowledge(d *delivery, said status) {
	for _, sequence := range d.sequences {
		in.s.reply(header{d.command | answer, said, sequence}, 0)
	}
}

func (in *intake) idle() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.running == 0
}

// handIn tells Inbound what a delivery is.
func (s *session) handIn(ctx context.Context, d *delivery) error {
	cfg := &s.g.cfg
	if d.message.isReceipt() {
		return cfg.Inbound.Receipt(ctx, d.message.receipt(cfg.Name))
	}
	t := d.message.inbound(cfg.Name, cfg.Alphabet)
	t.RepeatKey, t.Bind = d.key, s.id
	return cfg.Inbound.Receive(ctx, t)
}
