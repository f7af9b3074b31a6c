package email

import (
	"slices"
	"time"

	"aviso/credit"
	"aviso/transport"
)

// settlement writes what became of one attempt: each recipient's state,
// refunds, and what comes next. Only the holder of the lease may.
type settlement struct {
	s *Service
	f *flight
	// verdicts are for the recipients of f.waiting(), in its order; none when
	// the message was queued without an attempt.
	verdicts []transport.Verdict
	tries    []try
	body     *Composed // to be kept if somebody still waits; nil when it is stored already

	// The outcome of the latest run.
	recipients []recipient // after the verdicts
	outcome    *Outcome
	answer     *Answer // nil when the promise was first, or nobody waits for one
	status     Status  // what the message became; "" when the lease was lost
	dueAt      int64   // when it is tried again, 0 if never
	refunded   int64
}

// unknownWait is how long a promised message waits at least after an attempt
// that broke behind the final dot (contract, part 2).
const unknownWait = 5 * time.Minute

// Want implements db.Work.
func (w *settlement) Want() {
	s, f := w.s, w.f
	s.messages.wantLease(f.id)
	if !w.allTaken() {
		s.balances.Want(f.account, credit.Email)
	}
	if f.claim != nil {
		s.claims.Want(f.claim)
	}
	if f.reservedDay != 0 {
		s.wantCaps(f.sender.address, f.sender.cap > 0, f.reservedDay)
	}
}

// Decide implements db.Work.
func (w *settlement) Decide(now int64) {
	w.outcome, w.answer, w.status, w.dueAt = nil, nil, "", 0
	s, f := w.s, w.f
	m := s.messages.held(f)
	if m == nil {
		return // another node has taken it over, or the operator ended it
	}
	promised := m.promised
	count := w.judge(now, m)
	s.logTries(m, w.tries)
	if m.reserved > 0 {
		back := -(m.reserved - int64(count.taken+count.unknown))
		s.caps.add(relayCap(m.relay), m.reservedDay, back)
		s.caps.add(senderCap(m.sender), m.reservedDay, back)
		m.reserved, m.reservedDay = 0, 0
	}
	w.refunded = int64(count.refused) * m.price
	s.refund(m, w.refunded, now)
	w.next(m, count, now)
	if m.status == Sent && w.allTaken() && len(w.tries) == 1 && !m.changed {
		s.messages.finish(m, now)
	} else {
		m.changed = true
	}
	w.status = m.status
	w.outcome = f.outcome(m, w.recipients, hint(f.reason))
	if f.encode != nil && !promised {
		code, body := f.encode(w.outcome)
		w.answer = &Answer{Status: code, Body: body, Outcome: w.outcome}
		if f.claim != nil {
			s.claims.Answer(f.claim, code, body)
		}
	}
}

// allTaken says whether the attempt ended in the usual way.
func (w *settlement) allTaken() bool {
	return len(w.verdicts) > 0 && !slices.ContainsFunc(w.verdicts, func(v transport.Verdict) bool { return v.Outcome != transport.Taken })
}

// tally counts the recipients of one attempt by what became of them, and of
// the whole message by where they stand now.
type tally struct {
	taken, refused, unknown        int // in this attempt
	waiting, everTaken, unresolved int // of the message, now
}

// judge puts the verdicts into the recipients' states.
func (w *settlement) judge(now int64, m *message) (t tally) {
	f := w.f
	w.recipients = append(w.recipients[:0], f.recipients...)
	expired := now >= m.expiresAt && f.reason != reasonHold || // the clock stands still while sending is held
		f.reason == reasonTooMany
	for i, at := range f.waiting() {
		r := &w.recipients[at]
		v := transport.Verdict{Outcome: transport.Later, Text: f.reason}
		if len(w.verdicts) > 0 {
			v = w.verdicts[i]
		}
		r.code, r.enhanced, r.reply = v.Code, v.Enhanced, v.Text
		switch v.Outcome {
		case transport.Taken:
			r.state = RecipientTaken
			t.taken++
		case transport.Refused:
			r.state = RecipientRefused
			t.refused++
		case transport.Unknown:
			t.unknown++
			if r.unknowns++; r.unknowns >= 2 || expired {
				r.state = RecipientUnknown
			}
		case transport.Later:
			switch {
			case expired && r.unknowns > 0:
				r.state = RecipientUnknown // it may have arrived the first time
			case expired:
				r.state = RecipientRefused
				t.refused++
			}
		}
	}
	for i := range w.recipients {
		switch w.recipients[i].state {
		case RecipientWaiting:
			t.waiting++
		case RecipientTaken:
			t.everTaken++
		case RecipientUnknown:
			t.unresolved++
		}
	}
	w.write()
	return t
}

// write puts the changed recipients into the book. In the usual case, all taken,
// there is nothing to write: the message says it.
func (w *settlement) write() {
	before := w.f.recipients
	if w.allTaken() {
		return
	}
	for i := range w.recipients {
		if w.recipients[i] != before[i] {
			w.s.messages.verdict(w.f.id, i, &w.recipients[i])
		}
	}
}

// next decides what the message becomes.
func (w *settlement) next(m *message, t tally, now int64) {
	m.dotAt, m.dueAt = 0, 0
	if len(w.tries) > 0 {
		last := w.tries[len(w.tries)-1]
		m.relay, m.lastError = last.relay, ""
		if last.verdict.Outcome != transport.Taken {
			m.lastError = last.verdict.Text
		}
	} else {
		m.lastError = w.f.reason
	}
	switch {
	case t.waiting > 0:
		w.requeue(m, t, now)
	case t.everTaken > 0:
		m.status, m.sentAt = Sent, now
	case t.unresolved > 0:
		m.status = Unknown
	default:
		m.status = Failed
	}
}

func (w *settlement) requeue(m *message, t tally, now int64) {
	s, f := w.s, w.f
	m.status = Queued
	switch {
	case m.waitsFor != "":
		m.dueAt = (now/dayMillis + 1) * dayMillis
	case f.relay == nil:
		// Held or paused: nothing but the operator mends it, so look often.
		m.dueAt = now + s.retryInitial.Milliseconds()
	default:
		// A lease is one attempt, over however many relays; each admission has
		// its first.
		wait := backoff(m.attempt-m.admission+1, s.retryInitial, s.retryMax, s.random)
		m.dueAt = min(now+wait.Milliseconds(), max(m.expiresAt, now+s.retryInitial.Milliseconds()))
		if t.unknown > 0 {
			m.dueAt = max(m.dueAt, now+unknownWait.Milliseconds())
		}
	}
	w.dueAt = m.dueAt
	if !m.promised {
		m.promised = true
		if w.body != nil {
			s.messages.body(m.id, w.body)
		}
	}
}

// refund gives n credits of a message back, once for each lease.
func (s *Service) refund(m *message, n, now int64) {
	if n == 0 {
		return
	}
	s.balances.Line(m.account, credit.Email).Refund(n, refundRef(m.id, m.attempt), now)
	m.refunded += n
}

// logTries writes the tries of an attempt.
func (s *Service) logTries(m *message, tries []try) {
	for _, t := range tries {
		m.attempts++
		s.messages.attempts = append(s.messages.attempts, m.id, m.attempts, t.relay, t.verdict.Outcome.String(), int64(t.verdict.Code),
			t.verdict.Enhanced, t.verdict.Text, t.started, t.duration.Milliseconds())
	}
}

func hint(reason string) string {
	switch reason {
	case reasonCapped:
		return hintCapped
	case reasonHold:
		return hintHold
	}
	return hintUnavailable
}

// Weight implements db.Work.
func (w *settlement) Weight() int {
	if w.body == nil || w.allTaken() {
		return 256
	}
	return len(w.body.Data)
}
