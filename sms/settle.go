package sms

import (
	"slices"

	"aviso/credit"
	"aviso/fault"
	"aviso/transport"
)

// settlement writes what became of a flight: its segments, its refund, its
// answer. Only the holder of the lease may.
type settlement struct {
	s *Service
	f *flight
	submission

	// The outcome of the latest run.
	answer   *Answer // nil when the promise was first
	status   Status  // what the text became; "" when the lease was lost
	refunded int64
}

// Want implements db.Work.
func (w *settlement) Want() {
	s, f := w.s, w.f
	s.messages.wantLease(f.id)
	if w.verdict() == Failed {
		s.balances.Want(f.account, credit.SMS)
	}
	if f.claim != nil {
		s.claims.Want(f.claim)
	}
}

// Decide implements db.Work.
func (w *settlement) Decide(now int64) {
	w.answer, w.status, w.refunded = nil, "", 0
	s, f := w.s, w.f
	m := s.messages.held(f)
	if m == nil {
		return // another node has taken it over
	}
	w.status = w.verdict()
	first := w.status == Sent && !m.answered && !m.changed && f.row.gateway == w.gateway.Name
	answered := m.answered
	m.status, m.dueAt, m.answered = w.status, 0, true
	m.gateway, m.ours, m.segments = w.gateway.Name, s.senderOf(w.gateway), int64(w.parts)
	m.lastError = w.words()
	for _, g := range w.rows(m, now) {
		s.segments.insert(g)
	}
	for i := range w.tried {
		t := &w.tried[i]
		s.messages.attempts.insert(m.id, i, t, now-(s.now().UnixMilli()-t.started))
	}
	switch w.status {
	case Sent:
		m.sentAt = now
		s.totals.sent(m.segments)
	case Failed:
		w.refunded = s.refund(m, now)
	}
	if first {
		s.messages.finish(m, now)
	} else {
		m.changed = true
	}
	if answered {
		return
	}
	o := f.outcome(m, w.status, w.report.Verdicts)
	if w.status == Failed {
		o.Fault = w.fault()
		o.Fault.MessageID = m.id
	}
	w.answer = s.tell(f, o)
}

// verdict is what the text has come to (contract, SMS, "Ten seconds" and "Not
// taken"). One of which a part was taken and another never left is failed: it
// does not arrive whole, and nobody doubts that.
func (w *settlement) verdict() Status {
	all := true
	for _, v := range w.report.Verdicts {
		switch v.Outcome {
		case transport.Refused:
			return Failed
		case transport.Unknown:
			return Unknown
		case transport.Later:
			all = false
		}
	}
	if all {
		return Sent
	}
	return Failed
}

// submitted says whether anything of the text may have left.
func (w *submission) submitted() bool {
	return slices.ContainsFunc(w.report.Verdicts, func(v transport.TextVerdict) bool { return v.Outcome != transport.Later })
}

// bad is the verdict that decided against the text; nil when none did.
func (w *submission) bad() *transport.TextVerdict {
	for i := range w.report.Verdicts {
		if v := &w.report.Verdicts[i]; v.Outcome != transport.Taken {
			return v
		}
	}
	return nil
}

// words are the gateway's about a text that was not simply taken.
func (w *submission) words() string {
	if v := w.bad(); v != nil {
		return oneLine(v.Text)
	}
	return ""
}

// fault is what the caller of a failed text is told.
func (w *submission) fault() *fault.Error {
	v := w.bad()
	switch {
	case v.Outcome == transport.Refused && v.Recipient:
		return fault.Field("RECIPIENT_REFUSED", "recipient", "The network refuses this recipient: "+v.Text+". The credits were refunded.")
	case v.Outcome == transport.Refused:
		return fault.New(fault.Refused, "PROVIDER_FAILURE", "The gateway refused the text: "+v.Text+". The credits were refunded.")
	}
	return fault.New(fault.Refused, "PROVIDER_FAILURE", "No gateway took the text in time: "+v.Text+". It was withdrawn and the credits were refunded.")
}

// rows are the segments as they are kept: none of a text that never left.
func (w *settlement) rows(m *message, now int64) []*segment {
	if !w.submitted() {
		return nil
	}
	states := [...]SegmentState{transport.Later: SegmentWaiting, transport.Taken: SegmentTaken, transport.Refused: SegmentRefused, transport.Unknown: SegmentUnknown}
	// What was submitted is dated by the database, however the node's clock is set.
	submitted := now - (w.s.now().UnixMilli() - w.started)
	rows := unknownSegments(m, len(w.report.Verdicts), submitted)
	for i, v := range w.report.Verdicts {
		g := rows[i]
		g.state, g.provider, g.code, g.words = states[v.Outcome], oneLine(v.ProviderID), oneLine(v.Code), oneLine(v.Text)
		if v.Outcome == transport.Taken || v.Outcome == transport.Refused {
			g.answeredAt = now
		}
	}
	return rows
}

// unknownSegments are n segments of a text of which nobody knows anything.
func unknownSegments(m *message, n int, submitted int64) []*segment {
	rows := make([]*segment, n)
	for i, reference := range references(m.id, n) {
		rows[i] = &segment{message: m.id, number: int64(i), gateway: m.gateway, sender: m.ours, recipient: m.peer, reference: int64(reference),
			state: SegmentUnknown, submittedAt: submitted}
	}
	return rows
}

// Weight implements db.Work.
func (w *settlement) Weight() int { return 256 }
