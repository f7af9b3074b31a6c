package smpp

import (
	"errors"
	"fmt"
	"time"
)

// read takes what the peer sends until the connection ends. It never waits for
// anything else, so that enquire_link is answered whatever happens.
func (s *session) read() error {
	var buf []byte
	for {
		h, body, next, err := readPDU(s.r, buf)
		if errors.Is(err, errLength) {
			s.lastWords(header{genericNack, statusLength, h.sequence})
			return err
		}
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		buf = next
		s.mu.Lock()
		s.heard = time.Now()
		s.mu.Unlock()
		if err := s.take(h, body); err != nil {
			return err
		}
	}
}

// lastWords writes what is owed to the peer, and h as the last of it.
func (s *session) lastWords(h header) {
	s.mu.Lock()
	owed := append(s.urgent, finish(begin(nil, h))...)
	s.urgent = nil
	s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.g.cfg.Timeouts.Unbind))
	_, _ = s.conn.Write(owed)
}

// take does what one PDU asks for. The two directions number their requests
// each by itself: only an answer is ever looked up among ours. An error ends
// the session.
func (s *session) take(h header, body []byte) error {
	switch h.command {
	case submitSM | answer:
		s.answered(h, body)
	case genericNack:
		return s.nacked(h, body)
	case enquireLink | answer:
		s.alive(h.sequence)
	case unbind | answer:
		if s.leaving() {
			return errUnbound
		}
	case enquireLink:
		s.reply(header{enquireLink | answer, statusOK, h.sequence})
	case deliverSM, dataSM:
		s.in.delivered(h, body)
	case unbind:
		return s.farewell(h)
	case alert, outbind: // nothing to do, and nothing to answer
	default:
		if h.command&answer == 0 { // an answer is never answered: that could go on for ever
			s.log.Debug("a command nobody knows", "command", fmt.Sprintf("0x%08x", uint32(h.command)))
			s.reply(header{genericNack, statusCommand, h.sequence})
		}
	}
	return nil
}

// nacked takes a generic_nack, which may be about any request of ours.
func (s *session) nacked(h header, body []byte) error {
	s.mu.Lock()
	_, known := s.pending[h.sequence]
	s.mu.Unlock()
	switch {
	case known:
		s.answered(h, body)
	case s.leaving(): // it does not know unbind either
		return errUnbound
	default: // one that does not know enquire_link is alive all the same
		s.alive(h.sequence)
	}
	return nil
}

func (s *session) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sentUnbind()
}

// alive notes the answer to an enquire_link.
func (s *session) alive(sequence uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sequence == s.enquired {
		s.enquired = 0
	}
}

// farewell answers the peer's unbind. Nothing may follow the answer, in
// neither direction, so the answer is the end.
func (s *session) farewell(h header) error {
	if s.win != nil {
		s.g.windows.remove(s.win)
	}
	s.mu.Lock()
	s.unbinding(time.Now())
	s.mu.Unlock()
	s.lastWords(header{unbind | answer, statusOK, h.sequence})
	return errors.New("the gateway has unbound")
}
