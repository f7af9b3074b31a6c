package webhook

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server that answers as a test says, and counts.
type names struct {
	mu     sync.Mutex
	answer func(name string, asked int) []netip.Addr // asked counts from 1, by name
	asked  map[string]int                            // questions by name; a lookup asks two, in any order
}

// serveNames starts a name server, and returns a resolver that asks nobody else.
func serveNames(t *testing.T, answer func(name string, asked int) []netip.Addr) (*names, *net.Resolver) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{answer: answer, asked: map[string]int{}}
	ended := make(chan struct{})
	t.Cleanup(func() { socket.Close(); <-ended })
	go func() {
		defer close(ended)
		for b := make([]byte, 4096); ; {
			size, from, err := socket.ReadFrom(b)
			if err != nil {
				return
			}
			if reply := n.reply(b[:size]); reply != nil {
				_, _ = socket.WriteTo(reply, from)
			}
		}
	}()
	return n, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func (n *names) reply(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
	for _, ip := range n.addresses(q) {
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}} // no time to live
		switch {
		case q.Type == dnsmessage.TypeA && ip.Is4():
			r.Body = &dnsmessage.AResource{A: ip.As4()}
		case q.Type == dnsmessage.TypeAAAA && ip.Is6():
			r.Body = &dnsmessage.AAAAResource{AAAA: ip.As16()}
		default:
			continue
		}
		m.Answers = append(m.Answers, r)
	}
	text, err := m.Pack()
	if err != nil {
		return nil
	}
	return text
}

func (n *names) addresses(q dnsmessage.Question) []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := q.Name.String()
	n.asked[name]++
	return n.answer(name, (n.asked[name]+1)/2)
}

func (n *names) lookups(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return (n.asked[name] + 1) / 2
}
