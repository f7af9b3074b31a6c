package smpp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

const (
	redialMost = 60  // times the first pause; a link that lasted as long is stable
	lockedMost = 600 // the same, when the gateway does not accept the credentials
)

// link keeps one bind up: it dials, binds, and does so again when the session
// has ended.
type link struct {
	g      *Gateway
	kind   command
	pace   *pace // outlives the sessions, as the carrier's limits do
	ctx    context.Context
	retire context.CancelFunc // no more sessions; the present one ends in peace

	// guarded by g.mu
	s    *session // nil while not bound
	last string   // why not
	next time.Time
}

// run ends when the link is retired and its session has ended.
func (l *link) run() {
	defer l.g.forget(l)
	wait := backoff{first: l.g.cfg.Timeouts.Redial, random: l.g.cfg.Random}
	for l.ctx.Err() == nil {
		s, err := l.open(l.ctx)
		if err == nil {
			began := time.Now()
			l.g.up(l, s)
			stop := context.AfterFunc(l.ctx, s.retire)
			err = s.serve()
			stop()
			if time.Since(began) >= redialMost*wait.first {
				wait.pause = 0
			}
		}
		pause := wait.after(err)
		l.g.down(l, err, pause)
		rest := time.NewTimer(pause)
		select {
		case <-rest.C:
		case <-l.ctx.Done():
			rest.Stop()
		}
	}
}

// up notes a new session and opens its window; one that came too late is ended
// at once.
func (g *Gateway) up(l *link, s *session) {
	s.log.Info("bound to the gateway")
	g.mu.Lock()
	l.s, l.last = s, ""
	hurry := g.hurry
	g.mu.Unlock()
	if s.win != nil {
		g.windows.add(s.win)
	}
	if hurry {
		s.unbindNow()
	}
}

// down notes why a link is not there.
func (g *Gateway) down(l *link, err error, pause time.Duration) {
	g.mu.Lock()
	l.s, l.last, l.next = nil, err.Error(), time.Now().Add(pause)
	g.mu.Unlock()
	switch {
	case l.ctx.Err() != nil:
		g.log.Info("a link has been taken down")
	case lockedOut(err):
		g.log.Error("the gateway does not accept our credentials: nothing goes or comes over this link until that is mended; it is tried seldom, so that the account is not locked", "error", err, "next", pause)
	case errors.Is(err, errUnbound):
		g.log.Info("a link has ended", "next", pause)
	default:
		g.log.Warn("no link to the gateway", "error", err, "next", pause)
	}
}

// backoff is how long to wait before the next try. Half of it is random, so
// that the nodes of an installation do not come back as one.
type backoff struct {
	first  time.Duration
	random io.Reader
	pause  time.Duration
}

func (b *backoff) after(err error) time.Duration {
	most := redialMost * b.first
	if lockedOut(err) {
		b.pause, most = max(b.pause, most/2), lockedMost*b.first
	}
	b.pause = min(max(2*b.pause, b.first), most)
	return jittered(b.pause, b.random)
}

// jittered is between the half of d and all of it.
func jittered(d time.Duration, random io.Reader) time.Duration {
	var octets [8]byte
	if _, err := io.ReadFull(random, octets[:]); err != nil {
		return d
	}
	share := float64(binary.BigEndian.Uint64(octets[:])>>11) / (1 << 53)
	return d/2 + time.Duration(share*float64(d/2))
}
