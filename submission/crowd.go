package submission

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
)

// crowd is everybody who is connected. When it is full a newcomer takes the
// place of the oldest connection without a key, so that those who only hold
// places keep nobody from sending: a client that means it has authenticated
// long before it is the oldest.
type crowd struct {
	atMost, perAddress int

	mu        sync.Mutex
	open      map[*conn]*list.Element // in strangers, or once there
	strangers list.List               // of *conn without a key, the oldest first
	from      map[netip.Prefix]int
	closed    bool
}

func newCrowd(atMost, perAddress int) *crowd {
	return &crowd{atMost: atMost, perAddress: perAddress, open: map[*conn]*list.Element{}, from: map[netip.Prefix]int{}}
}

// enter counts a connection. It returns false when there is no place for it.
func (w *crowd) enter(c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	var oldest *list.Element
	switch {
	case w.closed:
		return false
	case w.from[c.address] >= w.perAddress:
		for oldest = w.strangers.Front(); oldest != nil && oldest.Value.(*conn).address != c.address; oldest = oldest.Next() {
		}
	case len(w.open) >= w.atMost:
		oldest = w.strangers.Front()
	default:
		w.add(c)
		return true
	}
	if oldest == nil {
		return false
	}
	stranger := oldest.Value.(*conn)
	w.remove(stranger)
	stranger.end(replyMadeWay)
	w.add(c)
	return true
}

func (w *crowd) add(c *conn) {
	w.open[c] = w.strangers.PushBack(c)
	w.from[c.address]++
}

func (w *crowd) remove(c *conn) {
	at, in := w.open[c]
	if !in {
		return // it made way for somebody
	}
	w.strangers.Remove(at)
	delete(w.open, c)
	if w.from[c.address]--; w.from[c.address] == 0 {
		delete(w.from, c.address)
	}
}

// know notes that a connection has shown a key.
func (w *crowd) know(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, in := w.open[c]; in {
		w.strangers.Remove(at)
	}
}

func (w *crowd) leave(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(c)
}

// endAll lets nobody in any more and ends what is open.
func (w *crowd) endAll(r reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for c := range w.open {
		c.end(r)
	}
}

// cutAll closes what is open.
func (w *crowd) cutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.raw.Close()
	}
}

// addressOf is who is at the other end: a network of 64 bits in IPv6, which one
// customer has whole.
func addressOf(c net.Conn) netip.Prefix {
	remote, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	address, bits := remote.Addr().Unmap().WithZone(""), 64
	if address.Is4() {
		bits = 32
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
