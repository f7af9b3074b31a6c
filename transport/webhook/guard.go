package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// Why an address is not dialled. Neither says which address it is: a name may
// be one of our network's own, and what it resolves to is not the customer's to
// know.
var (
	errNotPublic = errors.New("the address of its host is not public")
	errOurs      = errors.New("its host and port are this server's own")
)

// guard decides about addresses, at the moment of the connection: what a name
// resolved to before may be something else by then.
type guard struct {
	allow    []netip.Prefix
	ownPorts func() []uint16
	special  *ssrf.Guardian
}

func newGuard(allow []netip.Prefix, ownPorts func() []uint16) *guard {
	return &guard{allow: allow, ownPorts: ownPorts,
		special: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV6Prefixes(returned))}
}

// control is net.Dialer.ControlContext: it sees the address of every attempt
// after the lookup and before the first packet.
func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return errNotPublic
	}
	return g.check(at)
}

// check says why at may not be dialled.
func (g *guard) check(at netip.AddrPort) error {
	// The system dials ::ffff:192.0.2.1 as 192.0.2.1.
	ip := at.Addr().Unmap()
	if err := g.checkIP(ip); err != nil {
		return err
	}
	if g.ownPorts == nil || !slices.Contains(g.ownPorts(), at.Port()) {
		return nil
	}
	local, err := isLocal(ip)
	if err != nil || local {
		return errOurs
	}
	return nil
}

func (g *guard) checkIP(ip netip.Addr) error {
	contains := func(p netip.Prefix) bool { return p.Contains(ip) }
	if ip.Zone() != "" || slices.ContainsFunc(never, contains) {
		return errNotPublic
	}
	// An address that carries another one goes where the other one is, for all we
	// know, whatever network allows the outer one.
	if inner, carries := carried(ip); carries {
		if !slices.ContainsFunc(g.allow, contains) {
			return errNotPublic
		}
		return g.checkIP(inner)
	}
	if slices.ContainsFunc(g.allow, contains) {
		return nil
	}
	if g.special.SafeAddr(ip) != nil {
		return errNotPublic
	}
	return nil
}

// never are networks that no configuration allows.
var never = prefixes(
	"169.254.0.0/16",     // link local, with the metadata of most clouds
	"fe80::/10",          // link local
	"fec0::/10",          // site local, which came before fc00::/7
	"fd00:ec2::/32",      // metadata: Amazon's
	"fd20:ce::/32",       // Google's
	"fd00:42::/32",       // Scaleway's
	"fd00:c1::/32",       // Oracle's
	"192.0.0.192/32",     // Oracle's, before
	"100.100.100.200/32", // Alibaba's
	"168.63.129.16/32",   // Azure's, in the midst of public addresses
	"0.0.0.0/8",          // this host, by another name
	"::/128",             // the same
	"224.0.0.0/4",        // multicast
	"ff00::/8",           // multicast
	"255.255.255.255/32",
	"64:ff9b:1::/48", // NAT64 of a network's own (RFC 8215), which alone knows where in it the inner address stands
)

// returned is the 6bone's, given back and not public (RFC 3701). The rest of the
// registries of special addresses is the library's.
var returned = netip.MustParsePrefix("3ffe::/16")

func prefixes(texts ...string) []netip.Prefix {
	found := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		found[i] = netip.MustParsePrefix(text)
	}
	return found
}

// carriers are networks whose addresses carry an IPv4 address, and the byte at
// which it begins.
var carriers = []struct {
	network netip.Prefix
	at      int
}{
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible (RFC 4291, section 2.5.5.1)
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated (RFC 2765)
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64 (RFC 6052)
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4 (RFC 3056)
}

// carried returns the IPv4 address that an IPv6 address leads to.
func carried(ip netip.Addr) (inner netip.Addr, carries bool) {
	if !ip.Is6() || ip == netip.IPv6Loopback() {
		return inner, false
	}
	b := ip.As16()
	for _, c := range carriers {
		if c.network.Contains(ip) {
			return netip.AddrFrom4([4]byte(b[c.at : c.at+4])), true
		}
	}
	if teredo.Contains(ip) { // RFC 4380, section 4: the client's, with its bits turned around
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), true
	}
	// ISATAP (RFC 5214, section 6.1): 5efe before the address, in any network.
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return inner, false
}

var teredo = netip.MustParsePrefix("2001::/32")

// isLocal says whether an address is one of this machine's. They are asked for
// each time: they come and go.
func isLocal(ip netip.Addr) (bool, error) {
	if ip.IsLoopback() {
		return true, nil
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false, fmt.Errorf("asking for this machine's addresses: %w", err)
	}
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Unmap() == ip
	}), nil
}
