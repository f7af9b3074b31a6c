package email

// promise is settle's little sister: it makes a running message's bytes and
// its 202 durable before the 202 is answered. The attempt keeps its lease.
// Whichever of the two commits first decides the answer.
type promise struct {
	s        *Service
	f        *flight
	composed *Composed // nil when its body was stored beforehand
	dotOut   bool      // the relay may have the message already

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
func (w *promise) Decide(now int64) {
	w.answer = nil
	m := w.s.messages.held(w.f)
	if m == nil || m.promised {
		return
	}
	m.promised, m.changed = true, true
	if w.dotOut {
		m.dotAt = now
	}
	if w.composed != nil {
		w.s.messages.body(m.id, w.composed)
	}
	o := w.f.outcome(m, w.f.recipients, hintUnavailable)
	code, body := w.f.encode(o)
	w.answer = &Answer{Status: code, Body: body, Outcome: o}
	if w.f.claim != nil {
		w.s.claims.Answer(w.f.claim, code, body)
	}
}

// Weight implements db.Work.
func (w *promise) Weight() int {
	if w.composed == nil {
		return 256
	}
	return len(w.composed.Data)
}

// dotMark records, before the last bytes of a promised message leave, that
// the relay may have it from now on.
type dotMark struct {
	s    *Service
	f    *flight
	mine bool
}

// Want implements db.Work.
func (w *dotMark) Want() { w.s.messages.wantLease(w.f.id) }

// Decide implements db.Work.
func (w *dotMark) Decide(now int64) {
	m := w.s.messages.held(w.f)
	w.mine = m != nil
	if w.mine {
		m.dotAt, m.changed = now, true
	}
}

// Weight implements db.Work.
func (w *dotMark) Weight() int { return 256 }
