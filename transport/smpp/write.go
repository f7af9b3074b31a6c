package smpp

import (
	"errors"
	"fmt"
	"time"
)

// maxUnread is how many octets of answers a peer may leave unread before it
// counts as gone.
const maxUnread = 1 << 20

// reply queues an answer to the peer ahead of all submits.
func (s *session) reply(h header, body ...byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return
	}
	s.urgent = append(s.urgent, finish(append(begin(nil, h), body...))...)
	signal(s.wake)
}

// ask queues a request without a body and returns its number. s.mu is held.
func (s *session) ask(c command) uint32 {
	n := s.next()
	s.urgent = append(s.urgent, finish(begin(nil, header{command: c, sequence: n}))...)
	signal(s.wake)
	return n
}

// write writes what is queued, as much as there is in one go.
func (s *session) write() {
	var buf []byte
	for {
		select {
		case <-s.wake:
		case <-s.gone:
			return
		}
		for {
			var batch []*request
			if buf, batch = s.batch(buf[:0]); len(buf) == 0 {
				break
			}
			_ = s.conn.SetWriteDeadline(time.Now().Add(s.g.cfg.Timeouts.Response))
			n, err := s.conn.Write(buf)
			if err != nil {
				s.unwritten(batch, len(buf)-n)
				s.end(fmt.Errorf("writing: %w", err))
				return
			}
		}
	}
}

// batch moves what may be written now to buf. A submit is registered before
// its first octet leaves, since its answer may come before Write returns.
func (s *session) batch(buf []byte) ([]byte, []*request) {
	s.mu.Lock()
	if len(s.urgent) > maxUnread {
		s.mu.Unlock()
		s.end(errors.New("the gateway does not read what it is answered"))
		return nil, nil
	}
	buf = append(buf, s.urgent...)
	s.urgent = s.urgent[:0]
	outbox := s.outbox
	s.outbox = nil
	batch, now := outbox[:0], time.Now()
	var held []*request
	for _, r := range outbox {
		if r.phase == queued && r.mayStart != nil && !r.mayStart() {
			r.settle(later(errWithdrawn))
		}
		if r.phase == settled {
			held = append(held, r)
			continue
		}
		r.phase, r.at = written, now
		s.pending[r.sequence] = r
		buf = append(buf, r.frame...)
		batch = append(batch, r)
	}
	s.mu.Unlock()
	for _, r := range held {
		s.freed(r, func(*pace) {})
	}
	return buf, batch
}

// unwritten takes back the submits at the end of a batch of which not every
// octet was written: the peer cannot have understood them.
func (s *session) unwritten(batch []*request, missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(batch) - 1; i >= 0 && missing > 0; i-- {
		r := batch[i]
		missing -= len(r.frame)
		delete(s.pending, r.sequence)
		s.drop(r)
	}
}
