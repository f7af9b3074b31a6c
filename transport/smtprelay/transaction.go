package smtprelay

import (
	"context"
	"errors"

	"aviso/transport"
)

const (
	errShortLease  = notice("the lease was too short to begin")
	errNotRecorded = notice("the message could not be recorded before its final dot; it was not sent")
)

// transaction is one Mail on its way through one session, or two.
type transaction struct {
	mail     *transport.Mail
	verdicts []transport.Verdict // the zero verdict: none yet
	accepted int                 // recipients RCPT was accepted for
	answered bool                // MAIL had an answer that is about this message
	failed   bool                // MAIL was refused
	invited  bool                // 354
}

// newTransaction refuses what must not be written. Every byte of an address
// or a line end that means something to SMTP would be a command of its own.
func newTransaction(m *transport.Mail) *transaction {
	t := &transaction{mail: m, verdicts: make([]transport.Verdict, len(m.To))}
	for i, to := range m.To {
		if !printable(to, m.UTF8) {
			t.verdicts[i] = badRecipient.verdict()
		}
	}
	switch {
	case m.From != "" && !printable(m.From, m.UTF8):
		t.settle(badSender.verdict())
	case !canonical(m.Data):
		t.settle(badLines.verdict())
	}
	return t
}

// settle gives v to every recipient that has no verdict.
func (t *transaction) settle(v transport.Verdict) {
	for i := range t.verdicts {
		if t.open(i) {
			t.verdicts[i] = v
		}
	}
}

func (t *transaction) open(i int) bool { return t.verdicts[i] == transport.Verdict{} }

// done reports whether nobody waits for a verdict.
func (t *transaction) done() bool {
	for i := range t.verdicts {
		if t.open(i) {
			return false
		}
	}
	return true
}

// skipped reports whether recipient i is not named to the relay: refused
// without a word from it.
func (t *transaction) skipped(i int) bool {
	return t.verdicts[i].Outcome == transport.Refused && t.verdicts[i].Code == 0
}

// run carries the message over s. A failure means that the session broke
// before the final dot, or never let us in; verdicts are then still open.
func (t *transaction) run(ctx context.Context, s *session) *failure {
	if why := t.unfit(&s.ext); why != "" {
		t.settle(why.verdict())
		return nil
	}
	if s.r.Buffered() > 0 {
		return s.fail(atMail, errGarbage) // nobody asked: it would be read as the reply to MAIL
	}
	if t.mail.MayStart != nil && !t.mail.MayStart() {
		t.settle(later(errShortLease))
		return nil
	}
	s.carried++
	stop := s.watch(ctx)
	f := t.envelope(s)
	if f == nil && t.invited {
		f = t.content(ctx, s)
	}
	if !stop() {
		s.broken = true
	}
	return f
}

// content writes the message after the 354. When nothing has to be recorded
// before the dot, it leaves in one write with the last block.
func (t *transaction) content(ctx context.Context, s *session) *failure {
	if t.accepted == 0 || t.failed {
		return t.nothing(s)
	}
	free := t.mail.BeforeDot == nil || t.mail.DotFree != nil && t.mail.DotFree()
	for rest := t.mail.Data; len(rest) > 0; {
		lines := firstLines(rest, maxBlock)
		rest = rest[len(lines):]
		s.out = appendStuffed(s.out[:0], lines)
		if len(rest) == 0 && free {
			break
		}
		if _, f := s.write(atBlock); f != nil {
			return f
		}
	}
	if !free {
		if err := t.mail.BeforeDot(ctx); errors.Is(err, transport.ErrNotMine) {
			return s.fail(atFinal, notice(transport.ErrNotMine.Error()))
		} else if err != nil {
			return s.fail(atFinal, errNotRecorded)
		}
	}
	return t.finish(ctx, s)
}

// nothing ends a DATA that a relay invited to although it had accepted nobody
// (RFC 2920, 3.1): whatever it answers, nothing was sent.
func (t *transaction) nothing(s *session) *failure {
	s.out = append(s.out[:0], ".\r\n"...)
	if f := s.flush(atFinal); f != nil {
		return f
	}
	rep, f := s.reply(atFinal)
	if f == nil {
		s.dirty, s.broken = false, rep.code == 421
	}
	return f
}

// finish writes what is left and the final dot. From its first byte on the
// relay may have the message, and only its reply says whether it has.
func (t *transaction) finish(ctx context.Context, s *session) *failure {
	if ctx.Err() != nil || !s.phase.CompareAndSwap(running, pastDot) {
		return s.fail(atFinal, errEnded)
	}
	before := len(s.out)
	s.out = append(s.out, ".\r\n"...)
	n, f := s.write(atBlock)
	if f != nil && n <= before {
		return f
	}
	var rep reply
	if f == nil {
		rep, f = s.reply(atFinal)
	}
	if f == nil && !rep.positive() && !rep.negative() {
		f = s.fail(atFinal, errGarbage)
	}
	if f != nil {
		t.settle(transport.Verdict{Outcome: transport.Unknown, Text: "the whole message was sent; then " + f.words()})
		return nil
	}
	t.settle(rep.verdict())
	s.dirty, s.broken = false, rep.code == 421
	return nil
}
