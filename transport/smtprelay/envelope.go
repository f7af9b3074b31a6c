package smtprelay

import "strconv"

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

// answers reports whether the reply can be one to that command: 354 says yes
// to DATA, 2yz to all others.
func (r reply) answers(at step) bool {
	return r.negative() || at == atData && r.code == 354 || at != atData && r.positive()
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
	case !rep.answers(at):
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
