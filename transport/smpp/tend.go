package smpp

import (
	"errors"
	"time"
)

// tend keeps the session's time: answers that are overdue, enquire_link when
// the peer is silent, unbind when the session is to end.
func (s *session) tend() {
	timer := time.NewTimer(s.look(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-s.nudge:
		case <-s.gone:
			return
		}
		timer.Reset(s.look(time.Now()))
	}
}

// look does what is due and returns when to look again. What is begun later
// takes at least Response, so that looking as often misses nothing by more.
func (s *session) look(now time.Time) time.Duration {
	next := now.Add(s.g.cfg.Timeouts.Response)
	s.overdue(now, &next)
	if err := s.enquire(now, &next); err != nil {
		s.end(err)
	} else if err := s.leave(now, &next); err != nil {
		s.end(err)
	}
	return max(0, next.Sub(now))
}

func sooner(next *time.Time, t time.Time) {
	if t.Before(*next) {
		*next = t
	}
}

// overdue gives up submits without an answer. They are remembered for a while,
// since an answer that comes late is worth much; their places are not kept.
func (s *session) overdue(now time.Time, next *time.Time) {
	t := &s.g.cfg.Timeouts
	var free []*request
	s.mu.Lock()
	for sequence, r := range s.pending {
		if !r.holds {
			if now.Sub(r.at) >= t.Late {
				delete(s.pending, sequence)
			}
			continue
		}
		if due := r.at.Add(t.Response); now.Before(due) {
			sooner(next, due)
			continue
		}
		r.giveUp(errNoAnswer)
		free = append(free, r)
	}
	s.mu.Unlock()
	for _, r := range free {
		s.freed(r, func(*pace) {})
	}
}

// enquire asks a silent peer whether it is there, and ends with one that does
// not answer.
func (s *session) enquire(now time.Time, next *time.Time) error {
	t := &s.g.cfg.Timeouts
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sentUnbind() { // whose answer is waited for already
		return nil
	}
	if s.enquired != 0 {
		due := s.asked.Add(t.Response)
		if !now.Before(due) {
			return errors.New("the gateway does not answer enquire_link")
		}
		sooner(next, due)
		return nil
	}
	due := s.heard.Add(t.Enquire)
	if !now.Before(due) {
		s.enquired, s.asked = s.ask(enquireLink), now
		due = now.Add(t.Response)
	}
	sooner(next, due)
	return nil
}

// leave unbinds a session that is to end: when nothing is under way any more,
// or at once when there is no time for that.
func (s *session) leave(now time.Time, next *time.Time) error {
	stored := s.in.idle()
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.unbound.Add(s.g.cfg.Timeouts.Unbind)
	switch {
	case s.sentUnbind() && !now.Before(due):
		return errUnbound // without an answer, which nobody depends on
	case s.sentUnbind():
		sooner(next, due)
	case s.hurry || s.retiring && stored && s.drained():
		s.unbinding(now)
		s.ask(unbind)
		sooner(next, now.Add(s.g.cfg.Timeouts.Unbind))
	}
	return nil
}

// unbinding takes back what is queued: nothing may follow an unbind, nor its
// answer. s.mu is held.
func (s *session) unbinding(now time.Time) {
	s.unbound = now
	for _, r := range s.outbox {
		s.drop(r)
	}
}

// drained reports whether the peer owes no answer to a submit. s.mu is held.
func (s *session) drained() bool {
	if len(s.outbox) > 0 {
		return false
	}
	for _, r := range s.pending {
		if r.holds {
			return false
		}
	}
	return true
}

// retire lets the session end once nothing is under way. It gets no more
// submits.
func (s *session) retire() { s.finish(false) }

// unbindNow lets it end without waiting for what is under way.
func (s *session) unbindNow() { s.finish(true) }

func (s *session) finish(hurry bool) {
	if s.win != nil {
		s.g.windows.remove(s.win)
	}
	s.mu.Lock()
	s.retiring = true
	s.hurry = s.hurry || hurry
	s.mu.Unlock()
	signal(s.nudge)
}
