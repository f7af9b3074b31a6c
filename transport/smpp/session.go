package smpp

import (
	"bufio"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// session is one bound connection. Three goroutines share it: read, which also
// answers what can be answered at once; write; and tend, which keeps the time.
type session struct {
	g    *Gateway
	id   string // unique to this bind session
	log  *slog.Logger
	conn net.Conn
	r    *bufio.Reader
	win  *window // nil on a receiver
	in   intake

	wake  chan struct{} // something is to be written
	nudge chan struct{} // tend should look again
	gone  chan struct{} // closed when the session has ended

	mu       sync.Mutex
	urgent   []byte // whole PDUs that go before any submit, outside of the window
	outbox   []*request
	pending  map[uint32]*request // by sequence number
	sequence uint32
	heard    time.Time // the last PDU
	enquired uint32    // the enquire_link without an answer; 0: none
	asked    time.Time // when it was sent
	retiring bool      // it is to unbind once nothing is under way
	hurry    bool      // it is to unbind now
	unbound  time.Time // when unbind was sent
	why      error     // what ended it
	dead     bool
}

// errUnbound ends a session as both sides wished.
var errUnbound = errors.New("unbound")

func newSession(g *Gateway, conn net.Conn, p *pace) *session {
	s := &session{
		g: g, conn: conn, r: bufio.NewReaderSize(conn, 16<<10),
		wake: make(chan struct{}, 1), nudge: make(chan struct{}, 1), gone: make(chan struct{}),
		pending: map[uint32]*request{}, heard: time.Now(),
	}
	if p != nil {
		s.win = &window{s: s, pace: p}
	}
	s.in.s = s
	return s
}

// serve runs the bound session until it ends, and says why.
func (s *session) serve() error {
	var both sync.WaitGroup
	both.Go(s.write)
	both.Go(s.tend)
	s.end(s.read())
	both.Wait()
	return s.why
}

// end closes the session, once. What may have left is unknown now; what did
// not is free to go over another link.
func (s *session) end(why error) {
	s.mu.Lock()
	if s.dead {
		s.mu.Unlock()
		return
	}
	s.dead, s.why = true, why
	close(s.gone)
	_ = s.conn.Close()
	for _, r := range s.outbox {
		s.drop(r)
	}
	for _, r := range s.pending {
		r.giveUp(errLost)
	}
	s.outbox, s.pending = nil, nil
	s.mu.Unlock()
	if s.win != nil {
		s.g.windows.remove(s.win)
	}
}

// drop takes back what never left. s.mu is held.
func (s *session) drop(r *request) {
	if r.phase != settled {
		r.unsent = true
		r.settle(later(errLost))
	}
}

// signal wakes up who listens on c, now or when it next does.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
