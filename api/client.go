package api

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientOf is the address of who calls. X-Forwarded-For counts only as far as
// trusted proxies have written it: from the right, up to the first address that
// is none of them. Anybody can write anything to the left of that.
func clientOf(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(client, trusted); i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break // the last proxy that can be named answers for it
		}
		client = hop.Unmap().WithZone("")
	}
	return client
}

// parseHop reads an address; some proxies write the port too.
func parseHop(s string) (netip.Addr, error) {
	if with, err := netip.ParseAddrPort(s); err == nil {
		return with.Addr(), nil
	}
	return netip.ParseAddr(s)
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// crowd is the name under which a client is throttled: an IPv6 customer has a
// whole /64 to call from.
func crowd(client netip.Addr) string {
	if client.Is6() {
		if p, err := client.Prefix(64); err == nil {
			return p.String()
		}
	}
	return client.String()
}
