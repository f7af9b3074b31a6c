// Package smpp carries texts to one SMPP 3.4 message centre and brings in what
// that has for us: texts and delivery receipts.
//
// A gateway keeps as many links bound as it is told to. On each, submits are
// in flight up to a window, which shrinks together with the rate when the
// carrier says it is too much. Whatever comes in is acknowledged once it is
// stored, never before. Any number of goroutines may send.
//
// It never submits anything a second time that may have left: without an
// answer it is unknown. It never splits or encodes a text, never matches a
// receipt to a text, and never touches the database.
package smpp

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aviso/transport"
)

// Gateway is a transport.Texter for one message centre, safe for concurrent
// use.
type Gateway struct {
	cfg     Config
	log     *slog.Logger
	windows windows
	changed chan struct{}        // the number of binds
	closing chan context.Context // how long there is time
	ended   chan struct{}

	links  sync.WaitGroup
	stores sync.WaitGroup
	// storing is what Inbound's methods get, with a timeout each.
	storing context.Context
	forsake context.CancelFunc

	mu      sync.Mutex
	want    int            // binds
	binds   [][]*link      // a transmitter and a receiver each, or one of both
	alive   map[*link]bool // of the binds, and those that are ending
	running bool
	closed  bool
	hurry   bool          // sessions are to unbind at once
	texts   int           // under way
	quiet   chan struct{} // closed once there are none and will be none
}

// New returns a gateway that has no binds; an error says what is wrong with
// cfg. Nothing is dialled before Run and SetBinds.
func New(cfg Config) (*Gateway, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, log: cfg.Log.With("gateway", cfg.Name),
		changed: make(chan struct{}, 1), closing: make(chan context.Context, 1),
		ended: make(chan struct{}), quiet: make(chan struct{}), alive: map[*link]bool{},
	}
	g.storing, g.forsake = context.WithCancel(context.Background())
	return g, nil
}

// SetBinds says how many binds this node holds from now on. More are dialled,
// fewer are unbound once their windows are empty.
func (g *Gateway) SetBinds(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.want = max(0, n)
	signal(g.changed)
}

// Bound returns how many links texts can be sent on now.
func (g *Gateway) Bound() int {
	bound, _ := g.windows.count()
	return bound
}

// Health is the gateway's state as this process has seen it. It is up when a
// text could be sent, or only received if that is its mode. Open counts links
// of both directions, InUse submits without an answer.
func (g *Gateway) Health() transport.Health {
	var h transport.Health
	bound, inUse := g.windows.count()
	h.InUse = inUse
	g.mu.Lock()
	defer g.mu.Unlock()
	var next time.Time
	for _, l := range slices.Concat(g.binds...) {
		switch {
		case l.s != nil:
			h.Open++
		case l.last != "":
			h.LastError = line(l.last)
			if next.IsZero() || l.next.Before(next) {
				next = l.next
			}
		}
	}
	if h.Up = bound > 0 || g.cfg.Bind == Receiver && h.Open > 0; h.Up {
		h.LastError = ""
	} else if !next.IsZero() {
		h.NextProbe = max(0, time.Until(next))
	}
	return h
}

// Run keeps the links up until Close has ended, or ctx has: then nothing under
// way is waited for. It may be called once.
func (g *Gateway) Run(ctx context.Context) {
	g.mu.Lock()
	again := g.running || g.closed
	g.running = g.running || !again
	g.mu.Unlock()
	if again {
		return
	}
	defer close(g.ended)
	for {
		g.adjust()
		select {
		case <-g.changed:
		case until := <-g.closing:
			g.shutdown(ctx, until)
			return
		case <-ctx.Done():
			g.shutdown(ctx, ctx)
			return
		}
	}
}

// adjust starts and retires links until they are as many as wanted.
func (g *Gateway) adjust() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.binds) < g.want {
		g.binds = append(g.binds, g.newBind())
	}
	for len(g.binds) > g.want {
		i := len(g.binds) - 1
		for j, b := range g.binds { // one that is down is no loss
			if slices.ContainsFunc(b, func(l *link) bool { return l.s == nil }) {
				i = j
			}
		}
		for _, l := range g.binds[i] {
			l.retire()
		}
		g.binds = slices.Delete(g.binds, i, i+1)
	}
}

// newBind starts the links of one bind.
func (g *Gateway) newBind() (links []*link) {
	kinds := map[BindMode][]command{
		Transceiver: {bindTRX}, Separate: {bindTX, bindRX}, Transmitter: {bindTX}, Receiver: {bindRX},
	}
	for _, kind := range kinds[g.cfg.Bind] {
		l := &link{g: g, kind: kind, pace: newPace(g.cfg.Window, g.cfg.Rate)}
		l.ctx, l.retire = context.WithCancel(context.Background())
		links = append(links, l)
		g.alive[l] = true
		g.links.Go(l.run)
	}
	return links
}

// Close stops taking texts, lets those under way finish until ctx ends, then
// unbinds and disconnects. It returns when nothing of the gateway is left.
func (g *Gateway) Close(ctx context.Context) {
	g.windows.close()
	g.mu.Lock()
	running := g.running
	g.closed = true
	g.mu.Unlock()
	if !running {
		return
	}
	select {
	case g.closing <- ctx:
	default: // somebody else closes it
	}
	<-g.ended
}

// shutdown ends all links: gently until one of the contexts has ended.
func (g *Gateway) shutdown(ctx, until context.Context) {
	until, cancel := context.WithCancel(until)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	g.windows.close()
	g.mu.Lock()
	g.closed = true
	g.hush()
	g.mu.Unlock()
	select {
	case <-g.quiet:
	case <-until.Done():
	}
	stop := context.AfterFunc(until, g.hasten)
	defer stop()
	g.mu.Lock()
	for l := range g.alive {
		l.retire()
	}
	g.mu.Unlock()
	g.links.Wait()
	g.windows.stop()
	g.forsake()
	g.stores.Wait()
}

// hasten lets all sessions end without waiting for what is under way.
func (g *Gateway) hasten() {
	g.windows.stop()
	g.mu.Lock()
	g.hurry = true
	var open []*session
	for l := range g.alive {
		if l.s != nil {
			open = append(open, l.s)
		}
	}
	g.mu.Unlock()
	for _, s := range open {
		s.unbindNow()
	}
}

// forget notes that a link has ended.
func (g *Gateway) forget(l *link) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.alive, l)
}
