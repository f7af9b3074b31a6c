package sms

import "aviso/transport"

// promise is settle's little sister: it answers a caller whose patience is over
// while the text is under way, and writes that down first. Whichever of the two
// commits first decides the answer.
type promise struct {
	s *Service
	f *flight

	answer *Answer // nil when the settlement was first
}

// Want implements db.Work.
func (w *promise) Want() {
	w.s.messages.wantLease(w.f.id)
	if w.f.claim != nil {
		w.s.claims.Want(w.f.claim)
	}
}

// Decide implements db.Work.
func (w *promise) Decide(int64) {
	w.answer = nil
	m := w.s.messages.held(w.f)
	if m == nil || m.answered {
		return
	}
	g := w.f.current.Load()
	m.gateway, m.ours, m.segments = g.Name, w.s.senderOf(g), int64(w.f.draft.segments(g.Wide))
	m.answered, m.changed = true, true
	w.answer = w.s.tell(w.f, w.f.outcome(m, Unknown, nil))
}

// Weight implements db.Work.
func (w *promise) Weight() int { return 256 }

// tell encodes an outcome for the caller and keeps it with the call's claim.
func (s *Service) tell(f *flight, o *Outcome) *Answer {
	code, body := f.encode(o)
	if f.claim != nil {
		s.claims.Answer(f.claim, code, body)
	}
	return &Answer{Status: code, Body: body, Outcome: o}
}

// outcome says how the call stands, if it is answered now.
func (f *flight) outcome(m *message, status Status, verdicts []transport.TextVerdict) *Outcome {
	o := &Outcome{Status: status, MessageID: m.id, From: m.ours, To: m.peer, Content: m.content, Owner: m.account, Country: f.draft.Country,
		Charged: m.charged - m.refunded, Encoding: m.encoding, Segments: int(m.segments), Provider: m.gateway, ProviderIDs: []string{}}
	for _, v := range verdicts {
		if v.ProviderID != "" {
			o.ProviderIDs = append(o.ProviderIDs, v.ProviderID)
		}
	}
	return o
}

// move notes, before another gateway is tried, that the text is its now: if
// this node dies, receipts are looked for there.
type move struct {
	s     *Service
	f     *flight
	to    *Gateway
	moved bool
}

// Want implements db.Work.
func (w *move) Want() { w.s.messages.wantLease(w.f.id) }

// Decide implements db.Work.
func (w *move) Decide(int64) {
	m := w.s.messages.held(w.f)
	w.moved = m != nil
	if w.moved {
		m.gateway, m.ours, m.changed = w.to.Name, w.s.senderOf(w.to), true
	}
}

// Weight implements db.Work.
func (w *move) Weight() int { return 256 }
