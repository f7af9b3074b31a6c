package submission

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whoever comes, shows a key and goes in whatever order: there are never too
// many, nobody with a key makes way, and who makes way is the oldest who could.
func TestCrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		atMost, perAddress := rapid.IntRange(1, 6).Draw(t, "at most"), rapid.IntRange(1, 4).Draw(t, "per address")
		w := newCrowd(atMost, perAddress)
		type guest struct {
			*conn
			known bool
		}
		var inside []*guest // the oldest first
		from := func(address netip.Prefix) (n int) {
			for _, g := range inside {
				if g.address == address {
					n++
				}
			}
			return n
		}
		drop := func(at int) { inside = append(inside[:at:at], inside[at+1:]...) }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 3).Draw(t, "step"); {
			case step <= 1 || len(inside) == 0:
				ours, theirs := net.Pipe()
				defer ours.Close()
				defer theirs.Close()
				g := &guest{conn: newConn(ours, time.Hour, time.Now().Add(time.Hour))}
				g.address = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(1, 3).Draw(t, "address"))}), 32)
				full := from(g.address) >= perAddress
				oldest := -1
				for i, other := range inside {
					if !other.known && (!full || other.address == g.address) {
						oldest = i
						break
					}
				}
				crowded := full || len(inside) >= atMost
				if entered := w.enter(g.conn); entered != (!crowded || oldest >= 0) {
					t.Fatalf("entered: %t, with %d inside", entered, len(inside))
				} else if !entered {
					continue
				}
				inside = append(inside, g)
				if crowded {
					made := inside[oldest]
					drop(oldest)
					if !made.ended() || len(w.open) != len(inside) {
						t.Fatalf("the oldest did not make way: %d are counted, %d are inside", len(w.open), len(inside))
					}
					w.leave(made.conn) // a little later
				}
			case step == 2:
				g := inside[rapid.IntRange(0, len(inside)-1).Draw(t, "who")]
				g.known = true
				w.know(g.conn)
			default:
				at := rapid.IntRange(0, len(inside)-1).Draw(t, "who")
				w.leave(inside[at].conn)
				drop(at)
			}
			for _, g := range inside {
				if g.ended() {
					t.Fatal("somebody made way who need not")
				}
			}
			if len(w.open) != len(inside) || len(inside) > atMost {
				t.Fatalf("%d are counted, %d are inside", len(w.open), len(inside))
			}
		}
	})
}

// An IPv6 customer has a whole network, an IPv4 one an address, also when it is
// written as IPv6.
func TestAddressOf(t *testing.T) {
	for remote, want := range map[string]string{
		"10.1.2.3:1":               "10.1.2.3/32",
		"[::ffff:10.1.2.3]:1":      "10.1.2.3/32",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:2":      "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":         "fe80::/64",
		"pipe":                     "invalid Prefix",
	} {
		if got := addressOf(remoteConn{remote: remote}); got.String() != want {
			t.Errorf("%s: got %s", remote, got)
		}
	}
}

// remoteConn is a connection from somewhere.
type remoteConn struct {
	net.Conn
	remote string
}

func (c remoteConn) RemoteAddr() net.Addr { return c }
func (c remoteConn) Network() string      { return "tcp" }
func (c remoteConn) String() string       { return c.remote }
