package smtprelay

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"time"
)

// The phases of a session's present work; who moves it first has decided.
const (
	running uint32 = iota
	pastDot        // the final dot is being written: only a cancel ends the wait
	ended          // the caller's context ended it
)

const errEnded = notice("the attempt was ended before the relay had answered")

// session is one connection to the relay, used by one goroutine at a time.
type session struct {
	raw   net.Conn // for deadlines and closing; never changes, so ctx may use it
	conn  net.Conn // raw, or TLS over it
	r     *bufio.Reader
	times *Timeouts
	ext   extensions
	phase atomic.Uint32

	out   []byte // about to be written
	text  []byte // memory of the last reply's text
	armed bool   // the deadline set for writing also is the one for the reply

	dirty   bool // a transaction was begun and has not ended: RSET comes first
	broken  bool // not to be used again
	carried int  // messages tried
	since   time.Time
}

func newSession(c net.Conn, times *Timeouts) *session {
	return &session{raw: c, conn: c, times: times, r: bufio.NewReaderSize(c, 2*maxReplyLine)}
}

// watch lets the end of ctx end whatever the session waits for, until stop is
// called; stop reports whether ctx left the session alone. The end of a
// deadline counts only up to the final dot: past it an early answer of
// "unknown" would cost the caller more than waiting.
func (s *session) watch(ctx context.Context) (stop func() bool) {
	s.phase.Store(running)
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		if ctx.Err() == context.Canceled {
			s.phase.Store(ended)
		} else if !s.phase.CompareAndSwap(running, ended) {
			return
		}
		_ = s.raw.SetDeadline(time.Unix(1, 0))
	})
}

// arm sets the deadline of a step. The phase is looked at afterwards: if ctx
// ends later than that, its own deadline comes after this one.
func (s *session) arm(at step) *failure {
	err := s.raw.SetDeadline(time.Now().Add(s.times.at(at)))
	if err != nil || s.phase.Load() == ended {
		return s.fail(at, err)
	}
	return nil
}

// write writes s.out in one piece and returns how much of it left.
func (s *session) write(at step) (int, *failure) {
	if f := s.arm(at); f != nil {
		return 0, f
	}
	n, err := s.conn.Write(s.out)
	s.out = s.out[:0]
	if err != nil {
		return n, s.fail(at, err)
	}
	return n, nil
}

// flush writes the commands in s.out; the time for it also is the time for
// the first reply, which spares a kept connection's timers.
func (s *session) flush(at step) *failure {
	_, f := s.write(at)
	s.armed = f == nil
	return f
}

// reply reads one reply, waiting as long as that step may take.
func (s *session) reply(at step) (reply, *failure) {
	if !s.armed && !s.lineBuffered() {
		if f := s.arm(at); f != nil {
			return reply{}, f
		}
	}
	s.armed = false
	rep, err := readReply(s.r, s.text)
	s.text = rep.text
	if err != nil {
		return rep, s.fail(at, err)
	}
	return rep, nil
}

// lineBuffered is true for most replies of a pipelined group: no waiting, so
// no deadline.
func (s *session) lineBuffered() bool {
	held, _ := s.r.Peek(s.r.Buffered())
	return bytes.IndexByte(held, '\n') >= 0
}

// ask writes one command line and reads its reply.
func (s *session) ask(at step, line string) (reply, *failure) {
	s.out = append(append(s.out[:0], line...), "\r\n"...)
	if f := s.flush(at); f != nil {
		return reply{}, f
	}
	return s.reply(at)
}

// fail says why the session cannot go on, and that it cannot.
func (s *session) fail(at step, err error) *failure {
	s.broken = true
	if s.phase.Load() == ended {
		err = errEnded
	}
	return &failure{at: at, err: err}
}

// refused is fail for a reply that ends the session.
func (s *session) refused(at step, rep reply) *failure {
	s.broken = true
	return &failure{at: at, said: rep.verdict()}
}

// quit says goodbye and closes. The 221 is not waited for: nothing depends on
// it, and a relay that does not answer must not hold up anyone.
func (s *session) quit() {
	_ = s.raw.SetDeadline(time.Now().Add(time.Second))
	_, _ = s.conn.Write([]byte("QUIT\r\n"))
	s.drop()
}

// drop closes the connection as it is.
func (s *session) drop() {
	s.broken = true
	_ = s.conn.Close()
}
