package smpp

import (
	"time"

	"aviso/transport"
)

// post queues a submit whose sender holds a place in the window. It reports
// false when the session has ended.
func (s *session) post(r *request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead || s.sentUnbind() {
		return false
	}
	r.holds, r.sequence = true, s.next()
	number(r.frame, r.sequence)
	s.outbox = append(s.outbox, r)
	signal(s.wake)
	return true
}

// next is the number of the next request. One that has an answer outstanding,
// however late, is not used again. s.mu is held.
func (s *session) next() uint32 {
	for {
		s.sequence = s.sequence%maxSequence + 1
		if _, taken := s.pending[s.sequence]; !taken {
			return s.sequence
		}
	}
}

func (s *session) sentUnbind() bool { return !s.unbound.IsZero() }

// abandon is for a sender that cannot wait any longer.
func (s *session) abandon(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.phase == queued {
		r.settle(later(errEnded)) // write leaves it out and gives its place back
		signal(s.wake)
		return
	}
	r.giveUp(errStopped) // its place is the gateway's until it answers, or has had time to
}

// freed gives the place of r back, once.
func (s *session) freed(r *request, tell func(*pace)) {
	s.mu.Lock()
	held := r.holds
	r.holds = false
	if s.retiring {
		signal(s.nudge)
	}
	s.mu.Unlock()
	if held {
		s.g.windows.release(s.win, tell)
	}
}

// answered settles the submit that an answer is to.
func (s *session) answered(h header, body []byte) {
	s.mu.Lock()
	r := s.pending[h.sequence]
	delete(s.pending, h.sequence)
	if r == nil {
		s.mu.Unlock()
		s.log.Debug("an answer to nothing", "sequence", h.sequence)
		return
	}
	v := verdictOf(h, body)
	late := r.doubt
	r.settle(v)
	s.mu.Unlock()
	now := time.Now()
	s.freed(r, func(p *pace) {
		switch {
		case h.status.slower():
			p.throttled(now, r.at)
		case v.Outcome == transport.Taken:
			p.taken(now)
		}
	})
	if h.status == statusBindState {
		s.retire() // only another bind mends that
	}
	if late {
		s.in.answered(&transport.LateAnswer{Gateway: s.g.cfg.Name, TextID: r.text, Part: r.part, Verdict: v})
	}
}
