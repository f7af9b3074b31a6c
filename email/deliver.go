package email

import (
	"context"

	"aviso/db"
	"aviso/transport"
)

// deliver makes one attempt for the recipients of f that wait: the first and
// every later one. It returns a verdict for each of them and what it tried.
// No transaction is open meanwhile.
func (s *Service) deliver(ctx context.Context, f *flight) ([]transport.Verdict, []try) {
	mail := &transport.Mail{ID: f.id, From: f.sender.address, Data: f.composed.Data, EightBit: f.composed.EightBit, UTF8: f.composed.UTF8,
		MayStart:  func() bool { return s.leases.Left(f) > s.lease/3 },
		DotFree:   func() bool { return f.phase.CompareAndSwap(phaseOpen, phaseDot) },
		BeforeDot: func(context.Context) error { return s.beforeDot(f) }}
	for _, at := range f.waiting() {
		mail.To = append(mail.To, f.recipients[at].Wire)
	}
	var tries []try
	for _, relay := range append([]*Relay{f.relay}, f.others...) {
		if relay != f.relay && !s.takeOver(f, relay) {
			continue
		}
		report, started := s.attempt(ctx, f, relay, mail)
		tries = append(tries, try{relay.Name, started, report.Duration, worst(report.Verdicts)})
		if report.Reached || ctx.Err() != nil {
			return report.Verdicts, tries
		}
		f.relay = relay
	}
	last := tries[len(tries)-1].verdict
	return transport.All(len(mail.To), last), tries
}

// attempt sends through one relay, in this account's fair share of its places.
func (s *Service) attempt(ctx context.Context, f *flight, relay *Relay, mail *transport.Mail) (transport.Report, int64) {
	gate := s.gates[relay.Name]
	asked := s.now()
	if err := gate.Enter(ctx, f.account); err != nil {
		return transport.Report{Verdicts: transport.All(len(mail.To), transport.Verdict{Text: "the server is shutting down"})}, s.now().UnixMilli()
	}
	defer gate.Leave(f.account)
	started := s.now()
	s.metrics.placed(started.Sub(asked))
	report := relay.Mailer.Send(ctx, mail)
	s.metrics.attempt(relay.Name, report)
	s.paces[relay.Name].note(started, report)
	return report, started.UnixMilli()
}

// takeOver moves a flight to another relay. Where no cap is involved there is
// nothing to move, and settle notes which relay it was.
func (s *Service) takeOver(f *flight, to *Relay) bool {
	if f.reservedDay == 0 && to.DailyCap == 0 {
		return true
	}
	w := &move{s: s, f: f, to: to}
	if err := s.committer.Do(db.Promising, w); err != nil || !w.moved {
		return false
	}
	f.row, f.reservedDay = w.row, w.row.reservedDay
	f.row.changed = false
	return true
}

// beforeDot puts on record, before the last bytes of a promised message leave,
// that the relay may have it.
func (s *Service) beforeDot(f *flight) error {
	w := &dotMark{s: s, f: f}
	if err := s.committer.Do(db.Promising, w); err != nil {
		return err
	}
	if !w.mine {
		return transport.ErrNotMine
	}
	f.phase.Store(phaseDot)
	return nil
}

// worst returns the verdict that the log shows for a whole attempt.
func worst(verdicts []transport.Verdict) transport.Verdict {
	rank := [...]int{transport.Taken: 0, transport.Refused: 1, transport.Later: 2, transport.Unknown: 3}
	w := verdicts[0]
	for _, v := range verdicts[1:] {
		if rank[v.Outcome] > rank[w.Outcome] {
			w = v
		}
	}
	return w
}

// carry delivers and settles one flight and returns the answer for its caller,
// nil when the promise has given it already.
func (s *Service) carry(f *flight) (*Answer, error) {
	s.leases.Add(f)
	defer s.leases.Remove(f)
	w := &settlement{s: s, f: f}
	if f.relay != nil {
		w.verdicts, w.tries = s.deliver(s.ctx, f)
	}
	if f.encode != nil {
		w.body = &f.composed
	}
	if err := s.settle(w); err != nil {
		s.log.Error("email not settled; its lease decides", "id", f.id, "request", f.request, "error", err)
		return nil, err
	}
	s.record(w)
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
