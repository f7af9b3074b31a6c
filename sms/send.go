package sms

import (
	"context"
	"time"

	"aviso/db"
	"aviso/fault"
	"aviso/transport"
)

// restLasts is how long the segments behind the first may take, once that has
// been written (contract, SMS, "Ten seconds").
const restLasts = 60 * time.Second

// Send carries one call through its life until it can be answered. A
// *fault.Error is the refusal; nothing of the call is left then. It takes no
// context: a caller who hangs up cancels nothing.
func (s *Service) Send(c *Call) (*Answer, error) {
	if !s.carrying.Join() {
		return nil, fault.Of(db.ErrClosed)
	}
	defer s.carrying.Leave()
	f, answer, err := s.admit(c)
	if f == nil {
		return answer, err
	}
	s.leases.Add(f)
	ctx, withdraw := context.WithCancel(s.ctx)
	settled := make(chan carried, 1)
	patience := s.syncTimeout - s.now().Sub(c.Arrived)
	f.deadline = time.Now().Add(patience)
	s.carrying.Go(func() {
		defer withdraw()
		defer s.leases.Remove(f)
		answer, err := s.carry(ctx, f)
		settled <- carried{answer, err}
	})
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-settled:
		return s.answer(f, r)
	case <-timer.C:
	}
	f.expired.Store(true)
	for f.phase.Load() != phaseStarted {
		if f.phase.CompareAndSwap(phaseOpen, phaseWithdrawn) {
			withdraw()
			return s.answer(f, <-settled)
		}
		if f.phase.Load() != phaseHanded {
			continue // it moved in this moment
		}
		select {
		case r := <-settled:
			return s.answer(f, r)
		case <-f.inDoubt:
		}
		break
	}
	if answer := s.promise(f); answer != nil {
		return answer, nil
	}
	return s.answer(f, <-settled)
}

type carried struct {
	answer *Answer
	err    error
}

// answer is what a settled call is told. One whose settlement could not be
// written gets the id of the text, by which it can be asked for.
func (s *Service) answer(f *flight, r carried) (*Answer, error) {
	if r.answer != nil {
		return r.answer, nil
	}
	e := fault.Later("The text was submitted, but its outcome could not be stored. GET /api/messages/{ID} will show it as interrupted, and refunded.", 5*time.Second, r.err)
	e.MessageID = f.id
	return nil, e
}

// admit decides over a call. It returns a flight, or an answer, or a fault.
func (s *Service) admit(c *Call) (*flight, *Answer, error) {
	a := &admission{s: s, call: c, id: db.NewID(), draws: make([]float64, len(s.gateways))}
	for i := range a.draws {
		a.draws[i] = s.random()
	}
	began, asked := s.now(), s.leases.Elapsed()
	if err := s.committer.Do(db.Admitting, a); err != nil {
		return nil, nil, fault.Of(err)
	}
	switch {
	case a.fault != nil:
		s.metrics.refused(a.fault.Code)
		return nil, nil, a.fault
	case a.replay != nil:
		return nil, a.replay, nil
	}
	s.leases.Hold(a.flight, asked)
	s.metrics.accepted(c.Draft.Price, s.now().Sub(began))
	return a.flight, nil, nil
}

// promise answers a text that is under way: nobody knows yet. It returns nil
// when the settlement was first.
func (s *Service) promise(f *flight) *Answer {
	w := &promise{s: s, f: f}
	if err := s.committer.Do(db.Promising, w); err != nil {
		s.log.Error("text not answered; waiting for its outcome", "id", f.id, "error", err)
		return nil
	}
	return w.answer
}

// carry submits and settles one flight and returns the answer for its caller,
// nil when the promise has given it already.
func (s *Service) carry(ctx context.Context, f *flight) (*Answer, error) {
	w := &settlement{s: s, f: f, submission: s.submit(ctx, f)}
	if err := s.settle(w); err != nil {
		s.log.Error("text not settled; its lease decides", "id", f.id, "error", err)
		return nil, err
	}
	s.record(w)
	if w.submitted() {
		s.rematch(f.id)
	}
	return w.answer, nil
}

// settle commits a settlement.
func (s *Service) settle(w *settlement) error {
	began := s.now()
	err := s.leases.Insist(s.ctx, w.f, func() error { return s.committer.Do(db.Settling, w) })
	if err == nil {
		s.metrics.settled(s.now().Sub(began))
	}
	return err
}

// submission is what one flight came to at the gateway that decided it.
type submission struct {
	gateway *Gateway
	parts   int // how many segments went, or would have gone
	report  transport.TextReport
	started int64 // milliseconds UTC, this process's clock
	tried   []try // that took nothing, in their order
}

// submit takes a flight to one gateway after the other until one has taken
// something, refused it, or may have taken it. No transaction is open meanwhile.
func (s *Service) submit(ctx context.Context, f *flight) (last submission) {
	for i, g := range f.gateways {
		if i > 0 && !s.move(f, g) {
			continue
		}
		text := s.text(f, g)
		last = submission{gateway: g, parts: len(text.Parts), started: s.now().UnixMilli(), tried: last.tried}
		last.report = s.attempt(ctx, f, g, text)
		s.metrics.submitted(g.Name, last.report)
		if last.report.Verdicts[0].Outcome != transport.Later {
			return last
		}
		last.tried = append(last.tried, try{g.Name, last.started, last.report.Duration, last.report.Verdicts[0]})
		// The gateway let go of it: whoever is first, the caller's patience or
		// the next gateway, has it now.
		f.phase.CompareAndSwap(phaseStarted, phaseOpen)
		if f.expired.Load() || ctx.Err() != nil {
			return last
		}
	}
	return last
}

// move takes a flight to another gateway.
func (s *Service) move(f *flight, to *Gateway) bool {
	w := &move{s: s, f: f, to: to}
	if err := s.committer.Do(db.Promising, w); err != nil || !w.moved {
		return false
	}
	f.current.Store(to)
	return true
}

// text is a flight as one gateway takes it.
func (s *Service) text(f *flight, g *Gateway) *transport.Text {
	t := &transport.Text{ID: f.id, From: s.senderOf(g), To: f.draft.Recipient, Content: f.draft.Content}
	t.Encoding, t.Parts = Split(f.draft.Content, g.Wide)
	t.Reference = uint16(s.references.Add(1))
	t.PartReferences = references(f.id, len(t.Parts))
	return t
}

// attempt submits a text to one gateway, in this account's fair share of its
// places, by this node or by one that has a link to it.
func (s *Service) attempt(ctx context.Context, f *flight, g *Gateway, t *transport.Text) transport.TextReport {
	gate, asked := s.gates[g.Name], s.now()
	if err := gate.Enter(ctx, f.account); err != nil {
		return notTaken(t, g, "nothing was free at the gateway within the time")
	}
	defer gate.Leave(f.account)
	s.metrics.placed(s.now().Sub(asked))
	if !g.here() && s.db.Postgres() {
		return s.handOver(ctx, f, g, t)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var rest *time.Timer
	t.MayStart = func() bool {
		if s.leases.Left(f) <= s.lease/3 || ctx.Err() != nil {
			return false
		}
		if !f.phase.CompareAndSwap(phaseOpen, phaseStarted) && f.phase.Load() != phaseStarted {
			return false
		}
		if rest == nil {
			rest = time.AfterFunc(s.restLasts, cancel)
		}
		return true
	}
	report := g.Texter.Send(ctx, t)
	s.heard.verdict(g.Name, report)
	if rest != nil {
		rest.Stop()
	}
	return report
}

// notTaken is the report of a text that never reached its gateway.
func notTaken(t *transport.Text, g *Gateway, why string) transport.TextReport {
	n := len(t.Parts)
	if g.Whole {
		n = 1
	}
	verdicts := make([]transport.TextVerdict, n)
	for i := range verdicts {
		verdicts[i] = transport.TextVerdict{Outcome: transport.Later, Text: why}
	}
	return transport.TextReport{Verdicts: verdicts}
}
