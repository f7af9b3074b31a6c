package smtprelay

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"aviso/transport"
)

// window is how many commands are written before their replies are read, when
// the relay pipelines. It holds the usual 100 recipients with MAIL and DATA;
// much more, and both sides could fill their buffers and wait for each other
// (RFC 2920, 3.1).
const window = 128

// The commands of an envelope by number: recipient i is RCPT number i+1, and
// DATA comes after the last.
const (
	cmdReset = -1
	cmdMail  = 0
)

// refusal is our own verdict for what the relay is not asked: an enhanced code
// and the words.
type refusal string

const (
	badSender    refusal = "5.1.7 the sender's address cannot be written in an SMTP command"
	badRecipient refusal = "5.1.3 the address cannot be written in an SMTP command"
	badLines     refusal = "5.6.0 the message has line ends other than CRLF"
	noEightBit   refusal = "5.6.3 the message is 8-bit and the relay does not offer 8BITMIME"
	noUTF8       refusal = "5.6.7 an address or header is not ASCII and the relay does not offer SMTPUTF8"
	tooLarge     refusal = "5.3.4 the message is larger than the relay takes"
)

func (r refusal) verdict() transport.Verdict {
	enhanced, text, _ := strings.Cut(string(r), " ")
	return transport.Verdict{Outcome: transport.Refused, Enhanced: enhanced, Text: text}
}

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

// printable reports whether s can stand between the brackets of a path, or
// alone as an argument.
func printable(s string, utf8 bool) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == 0x7f || c > 0x7f && !utf8 {
			return false
		}
	}
	return s != ""
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

// unfit says why this relay must not be given the message; "" when it may.
func (t *transaction) unfit(ext *extensions) refusal {
	switch m := t.mail; {
	case m.UTF8 && !ext.utf8:
		return noUTF8
	case m.EightBit && !ext.eightBit: // RFC 6152, 3
		return noEightBit
	case ext.maxSize > 0 && len(m.Data) > ext.maxSize: // RFC 1870, 6.1
		return tooLarge
	}
	return ""
}

// envelope writes the commands up to DATA, a window at a time, and takes the
// replies. Without PIPELINING the window is one command.
func (t *transaction) envelope(s *session) *failure {
	size := 1
	if s.ext.pipelining {
		size = window
	}
	data := len(t.mail.To) + 1
	next := cmdMail
	if s.dirty {
		next = cmdReset
	}
	s.dirty = true
	for next <= data && !t.failed && (next < data || t.accepted > 0) {
		end := min(next+size, data+1)
		s.out = s.out[:0]
		for cmd := next; cmd < end; cmd++ {
			s.out = t.appendCommand(s.out, cmd, &s.ext)
		}
		if len(s.out) > 0 {
			if f := s.flush(t.step(next)); f != nil {
				return f
			}
		}
		for ; next < end; next++ {
			if f := t.take(s, next); f != nil {
				return f
			}
		}
	}
	return nil
}

func (t *transaction) step(cmd int) step {
	switch {
	case cmd == cmdReset:
		return atReset
	case cmd == cmdMail:
		return atMail
	case cmd <= len(t.mail.To):
		return atRcpt
	}
	return atData
}

func (t *transaction) appendCommand(out []byte, cmd int, ext *extensions) []byte {
	switch t.step(cmd) {
	case atReset:
		return append(out, "RSET\r\n"...)
	case atMail:
		return t.appendMail(out, ext)
	case atRcpt:
		if t.skipped(cmd - 1) {
			return out
		}
		out = append(out, "RCPT TO:<"...)
		out = append(out, t.mail.To[cmd-1]...)
		return append(out, ">\r\n"...)
	}
	return append(out, "DATA\r\n"...)
}

func (t *transaction) appendMail(out []byte, ext *extensions) []byte {
	out = append(out, "MAIL FROM:<"...)
	out = append(out, t.mail.From...)
	out = append(out, '>')
	if ext.size {
		out = append(out, " SIZE="...)
		out = strconv.AppendInt(out, int64(len(t.mail.Data)), 10)
	}
	if t.mail.EightBit {
		out = append(out, " BODY=8BITMIME"...)
	}
	if t.mail.UTF8 {
		out = append(out, " SMTPUTF8"...)
	}
	return append(out, "\r\n"...)
}

// take reads the reply to one command of the envelope. In a pipelined group
// replies go on after MAIL was refused; they must be read and mean nothing.
func (t *transaction) take(s *session, cmd int) *failure {
	at := t.step(cmd)
	if at == atRcpt && t.skipped(cmd-1) {
		return nil
	}
	rep, f := s.reply(at)
	switch {
	case f != nil:
		return f
	case rep.code == 421 || at == atMail && locksOut(rep.code):
		return s.refused(at, rep)
	case rep.code/100 == 3 && rep.code != 354 || rep.code == 354 && at != atData || rep.positive() && at == atData:
		return s.fail(at, errGarbage)
	}
	switch at {
	case atMail:
		t.answered, t.failed = true, rep.negative()
		if t.failed {
			t.settle(rep.verdict())
		}
	case atRcpt:
		if rep.positive() {
			t.accepted++
		} else if t.open(cmd - 1) {
			t.verdicts[cmd-1] = rep.rcptVerdict()
		}
	case atData:
		if t.invited = rep.code == 354; !t.invited {
			t.settle(rep.verdict())
		}
	}
	return nil
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
