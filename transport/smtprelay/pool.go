package smtprelay

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const errClosed = notice("sending through this relay has been shut down")

// pool hands out places, each good for one open connection, with a kept
// session in it or empty. Callers wait in the order they came; of the kept
// sessions the one used last goes first, so that few stay warm and the others
// grow old enough to be closed.
type pool struct {
	max  int
	keep time.Duration

	mu      sync.Mutex
	places  int        // taken, by idle sessions too
	idle    []*session // the one used longest ago first
	waiting list.List  // of chan *session
	reaper  *time.Timer
	closed  bool
}

// take returns a kept session, or nil for an empty place that the caller may
// fill. Either way the caller gives it back with put or vacate.
func (p *pool) take(ctx context.Context) (*session, error) {
	if ctx.Err() != nil {
		return nil, errEnded
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		s := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return s, nil
	}
	if p.places < p.max {
		p.places++
		p.mu.Unlock()
		return nil, nil
	}
	turn := make(chan *session, 1)
	place := p.waiting.PushBack(turn)
	p.mu.Unlock()
	select {
	case s, ok := <-turn:
		if !ok {
			return nil, errClosed
		}
		return s, nil
	case <-ctx.Done():
		p.leave(place)
		return nil, errEnded
	}
}

// leave gives up waiting; a place that came in the same moment goes on.
func (p *pool) leave(place *list.Element) {
	p.mu.Lock()
	p.waiting.Remove(place) // does nothing when the turn had come
	p.mu.Unlock()
	select {
	case s, ok := <-place.Value.(chan *session):
		if ok && s != nil {
			p.put(s)
		} else if ok {
			p.vacate()
		}
	default:
	}
}

// put gives a session back for the next caller.
func (p *pool) put(s *session) {
	s.since = time.Now()
	p.mu.Lock()
	switch {
	case p.closed:
		p.places--
		p.mu.Unlock()
		s.quit()
		return
	case p.waiting.Len() > 0:
		p.next() <- s
	default:
		p.idle = append(p.idle, s)
		if p.reaper == nil {
			p.reaper = time.AfterFunc(p.keep, p.reap)
		}
	}
	p.mu.Unlock()
}

// vacate gives back a place whose connection is closed, or was never opened.
func (p *pool) vacate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() > 0 {
		p.next() <- nil
	} else {
		p.places--
	}
}

// next takes who has waited longest out of the line. Its channel has room, so
// that sending never blocks.
func (p *pool) next() chan *session {
	return p.waiting.Remove(p.waiting.Front()).(chan *session)
}

// reap closes what nobody has used for long, and comes again as long as there
// is something to wait for.
func (p *pool) reap() {
	now := time.Now()
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].since) >= p.keep {
		n++
	}
	old := p.cut(n)
	switch {
	case p.closed || len(p.idle) == 0:
		p.reaper = nil
	default:
		p.reaper = time.AfterFunc(p.keep-now.Sub(p.idle[0].since), p.reap)
	}
	p.mu.Unlock()
	quitAll(old)
}

// cut takes the n oldest idle sessions out, and gives their places free. p.mu
// is held; nobody waits while a session is idle.
func (p *pool) cut(n int) []*session {
	old := append([]*session(nil), p.idle[:n]...)
	kept := copy(p.idle, p.idle[n:])
	clear(p.idle[kept:])
	p.idle = p.idle[:kept]
	p.places -= n
	return old
}

// flush closes all idle sessions.
func (p *pool) flush() {
	p.mu.Lock()
	old := p.cut(len(p.idle))
	p.mu.Unlock()
	quitAll(old)
}

// close closes what is idle and turns away who waits; sessions in use are
// closed as they come back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	if p.reaper != nil {
		p.reaper.Stop()
	}
	for p.waiting.Len() > 0 {
		close(p.next())
	}
	old := p.cut(len(p.idle))
	p.mu.Unlock()
	quitAll(old)
}

func quitAll(sessions []*session) {
	for _, s := range sessions {
		s.quit()
	}
}

// count returns the connections open, and of these the ones in use.
func (p *pool) count() (open, inUse int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.places, p.places - len(p.idle)
}
