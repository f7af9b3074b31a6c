package httpsms

import (
	"bytes"
	"io"
	"sync"
)

// gate is the body of a submission. Its first Read asks whether the text may
// start; once it was let through, the gateway may have it.
//
// The client reads a body from a goroutine of its own, which can still be at
// it after the call has ended: so the gate is shut then, and what was not read
// by that time never will be.
type gate struct {
	may func() bool

	mu     sync.Mutex
	body   *bytes.Reader
	asked  bool
	denied bool
	left   bool // octets were given out
	closed bool
}

func newGate(content []byte, may func() bool) *gate {
	return &gate{may: may, body: bytes.NewReader(content)}
}

// Read implements io.Reader.
func (g *gate) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return 0, errWithdrawn
	}
	if !g.asked {
		g.asked = true
		g.denied = g.may != nil && !g.may()
	}
	if g.denied {
		return 0, errWithdrawn
	}
	g.left = true
	return g.body.Read(p)
}

// Close implements io.Closer, and does nothing: the client closes a body that
// it may ask for again.
func (g *gate) Close() error { return nil }

// again is the body once more: the client asks for it only when a kept
// connection turned out dead before any octet of the request was written to it
// (net/http says so of requests that are not idempotent). Who may start once
// is not asked again.
func (g *gate) again() (io.ReadCloser, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.denied {
		return nil, errWithdrawn
	}
	g.left = false
	_, err := g.body.Seek(0, io.SeekStart)
	return g, err
}

// shut ends the reading and reports whether octets may have left.
func (g *gate) shut() (left bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return g.left
}

// withdrawn reports whether the text was not allowed to start.
func (g *gate) withdrawn() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.denied
}
