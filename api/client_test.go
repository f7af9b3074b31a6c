package api

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientOf(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	rows := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody in between", "192.0.2.1:80", nil, "192.0.2.1"},
		{"a stranger's claim", "192.0.2.1:80", []string{"198.51.100.1"}, "192.0.2.1"},
		{"a proxy", "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a proxy of the other family", "[::1]:80", []string{"2001:db8::1"}, "2001:db8::1"},
		{"an IPv4 peer on an IPv6 socket", "[::ffff:10.0.0.1]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:80", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two headers", "10.0.0.1:80", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"a lie before the truth", "10.0.0.1:80", []string{"203.0.113.1, 198.51.100.1"}, "198.51.100.1"},
		{"a lie that looks like a proxy", "10.0.0.1:80", []string{"10.0.0.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"proxies only", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a proxy that says nothing", "10.0.0.1:80", nil, "10.0.0.1"},
		{"a proxy that says nonsense", "10.0.0.1:80", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"nonsense behind two", "10.0.0.1:80", []string{"198.51.100.1, , 10.0.0.2"}, "10.0.0.2"},
		{"with ports", "10.0.0.1:80", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"with a zone", "[fe80::1%eth0]:80", nil, "fe80::1"},
		{"no peer", "@", []string{"198.51.100.1"}, "invalid IP"},
	}
	for _, r := range rows {
		q := httptest.NewRequest("GET", "/", nil)
		q.RemoteAddr = r.peer
		q.Header["X-Forwarded-For"] = r.forwarded
		if got := clientOf(q, proxies).String(); got != r.want {
			t.Errorf("%s: %s, not %s", r.name, got, r.want)
		}
	}
}

// Whatever is claimed, who is no proxy is named by its own address.
func FuzzClientOf(f *testing.F) {
	f.Add("198.51.100.1, 10.0.0.2")
	f.Add(",,::1%x,[::1]:0")
	f.Fuzz(func(t *testing.T, claim string) {
		for peer, trusted := range map[string]bool{"192.0.2.1:80": false, "10.0.0.1:80": true} {
			q := httptest.NewRequest("GET", "/", nil)
			q.RemoteAddr = peer
			q.Header["X-Forwarded-For"] = []string{claim}
			got := clientOf(q, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
			if !got.IsValid() || got.Zone() != "" || !trusted && got.String() != "192.0.2.1" {
				t.Errorf("%s claims %q: %s", peer, claim, got)
			}
			crowd(got)
		}
	})
}

func TestCrowds(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64"} {
		if got := crowd(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	if got := crowd(netip.Addr{}); got == "" {
		t.Error("who has no address is in no crowd")
	}
}
