package webhook

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// canary is a listener on every address of this machine that nobody may reach.
type canary struct {
	net.Listener
	port string
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return &canary{l, port}
}

// sings says whether anybody has connected: connections are accepted in their
// order, so that one of our own comes first if there was none.
func (c *canary) sings(t *testing.T) bool {
	t.Helper()
	own, err := net.Dial("tcp", "127.0.0.1:"+c.port)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	for sung := false; ; sung = true {
		first, err := c.Accept()
		if err != nil {
			t.Fatal(err)
		}
		first.Close()
		if first.RemoteAddr().String() == own.LocalAddr().String() {
			return sung
		}
	}
}

// inside are addresses that are nobody's on the internet, or lead to one.
var inside = []string{
	// this machine
	"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.0.0.1", "0.255.255.255", "::1", "::",
	// private networks
	"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "fc00::1", "fd00::1", "fdff:ffff::1",
	// link local, site local
	"169.254.0.1", "169.254.255.254", "fe80::1", "febf::1", "fec0::1", "feff::1",
	// metadata
	"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42",
	"fd00:c1::a9fe:a9fe", "192.0.0.192", "100.100.100.200", "168.63.129.16",
	// shared address space, protocol assignments, tests, documentation
	"100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255",
	"2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "100::1", "5f00::1", "3ffe::1",
	// AS112, relays
	"192.31.196.1", "192.52.193.1", "192.175.48.1", "192.88.99.1", "2620:4f:8000::1",
	// multicast, broadcast, reserved
	"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255", "ff02::1", "ff0e::1", "4000::1", "e000::1",
	// IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8",
	"::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::8.8.8.8",
	"64:ff9b:1::127.0.0.1", "64:ff9b:1:7f00:0:100::", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:808:808::",
	"2001:0:808:808:0:0:80ff:fffe", "2001::1", "2606:4700::5efe:127.0.0.1", "2606:4700::5efe:8.8.8.8", "2606:4700::200:5efe:10.0.0.1",
}

// spellings are hosts of URLs that resolvers, browsers or libraries take for an
// address inside, or for this machine.
var spellings = []string{
	"localhost", "LOCALHOST", "localhost.", "a.localhost", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0X7F000001", "2130706433", "017700000001",
	"0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "127.000.000.001", "0", "0x0", "00.0.0.0", "10.1", "192.168.257", "3232235521", "0xa9fea9fe",
	"2852039166", "169.254.43518", "0251.0376.0251.0376", "1.1", "999.1.1.1", "127.0.0.1.5", "0x", "example.0x7f",
	"[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "[::FFFF:8.8.8.8]", "[0:0:0:0:0:ffff:7f00:0001]", "[::7f00:1]", "[fe80::1%25lo]", "[::1%25lo]", "[0000::0001]",
	"１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ", "127.0.0.1%00", "[127.0.0.1]", "[v1.a]", "[]", "[::1", "127.0.0.1\\@example.com",
}

// refused pushes to a URL and wants no answer, and a reason that tells nothing.
func refused(t *testing.T, c *Client, url string) {
	t.Helper()
	report := c.Push(t.Context(), url, []byte("{}"))
	if report.Status != 0 || report.Error == "" || len(report.Answer) != 0 {
		t.Errorf("%s: %+v", url, report)
	}
	if strings.ContainsAny(report.Error, "\n?@") || strings.Contains(report.Error, "secret") {
		t.Errorf("%s: %q tells more than the reason", url, report.Error)
	}
}

// No address inside is dialled, be it written in the URL or a name's. At last
// some are dialled without the guard, so that the canary is known to sing.
func TestNobodyGetsInside(t *testing.T) {
	n := 0
	addresses := make([]netip.Addr, len(inside))
	for i, text := range inside {
		addresses[i] = netip.MustParseAddr(text)
	}
	_, resolver := serveNames(t, func(name string, _ int) []netip.Addr {
		var i int
		if _, err := fmt.Sscanf(name, "n%d.example.", &i); err != nil {
			return nil
		}
		return addresses[i : i+1]
	})
	canary := newCanary(t)
	c := New(Config{Resolver: resolver})
	for i, ip := range addresses {
		host := ip.String()
		if ip.Is6() {
			host = "[" + host + "]"
		}
		url := "http://" + host + ":" + canary.port + "/?secret"
		if err := c.CheckURL(url); err == nil {
			t.Errorf("%s can be saved", url)
		}
		refused(t, c, url)
		name := fmt.Sprintf("http://n%d.example:%s/?secret", i, canary.port)
		if err := c.CheckURL(name); err != nil {
			t.Errorf("%s cannot be saved: %v", name, err)
		}
		report := c.Push(t.Context(), name, []byte("{}"))
		if report.Status != 0 || report.Error != errNotPublic.Error() {
			t.Errorf("a name of %s: %+v", ip, report)
		}
		if err := c.guard.control(t.Context(), "tcp6", netip.AddrPortFrom(ip, 80).String(), nil); err == nil {
			t.Errorf("%s is dialled", ip)
		}
		n += 2
	}
	for _, host := range spellings {
		url := "http://" + host + ":" + canary.port + "/?secret"
		if err := c.CheckURL(url); err == nil {
			t.Errorf("%s can be saved", url)
		}
		refused(t, c, url)
		n++
	}
	if n < 80 {
		t.Errorf("there are only %d targets", n)
	}
	if canary.sings(t) {
		t.Error("somebody got inside")
	}
	for _, host := range []string{"127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost"} {
		if conn, err := net.Dial("tcp", host+":"+canary.port); err == nil {
			conn.Close()
		}
		if !canary.sings(t) {
			t.Errorf("the canary does not hear who dials %s", host)
		}
	}
}

// What is public can be saved and would be dialled.
func TestThePublicIsNotInside(t *testing.T) {
	c := New(Config{})
	for _, host := range []string{
		"example.com", "EXAMPLE.com.", "xn--fsq.example", "例え.example", "a_b.example", "single", "0x7f.example", "1.example", "127.0.0.1.example",
		"8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "169.253.255.255",
		"192.167.255.255", "198.17.255.255", "198.20.0.1", "223.255.255.255", "[2606:4700::1111]", "[2a00:1450::1]", "[2620:fe::fe]",
	} {
		for _, url := range []string{"https://" + host, "http://" + host + ":8080/hook?a=b"} {
			if err := c.CheckURL(url); err != nil {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
}

// A configuration may let networks in, but not what is never anybody's endpoint.
func TestAllowedNetworks(t *testing.T) {
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	own := func() []uint16 { return []uint16{8080, 25} }
	for _, test := range []struct {
		allow []netip.Prefix
		at    string
		want  error
	}{
		{prefixes("10.1.0.0/16"), "10.1.2.3:80", nil},
		{prefixes("10.1.0.0/16"), "[::ffff:10.1.2.3]:80", nil}, // dialled as the same
		{prefixes("10.1.0.0/16"), "10.2.0.1:80", errNotPublic},
		{prefixes("10.1.0.0/16"), "[64:ff9b::a01:203]:80", errNotPublic},
		{prefixes("10.1.0.0/16", "64:ff9b::/96"), "[64:ff9b::a01:203]:80", nil},
		{prefixes("64:ff9b::/96"), "[64:ff9b::808:808]:80", nil}, // a network without IPv4
		{prefixes("64:ff9b::/96"), "[64:ff9b::a01:203]:80", errNotPublic},
		{prefixes("64:ff9b::/96"), "[64:ff9b::a9fe:a9fe]:80", errNotPublic},
		{prefixes("2002::/16"), "[2002:7f00:1::1]:80", errNotPublic},
		{prefixes("fd00::/8"), "[fd12::1]:80", nil},
		{prefixes("fd00::/8"), "[fd00:ec2::254]:80", errNotPublic},
		{everything, "127.0.0.1:81", nil},
		{everything, "[::1]:81", nil},
		{everything, "127.0.0.1:8080", errOurs},
		{everything, "127.9.9.9:8080", errOurs},
		{everything, "[::1]:25", errOurs},
		{everything, "[::ffff:127.0.0.1]:8080", errOurs},
		{nil, "8.8.8.8:8080", nil}, // a port of the same number elsewhere
		{everything, "169.254.169.254:80", errNotPublic},
		{everything, "[::ffff:169.254.169.254]:80", errNotPublic},
		{everything, "[64:ff9b::a9fe:a9fe]:80", errNotPublic},
		{everything, "[64:ff9b:1::808:808]:80", errNotPublic},
		{everything, "[2002:a9fe:a9fe::1]:80", errNotPublic},
		{everything, "[2001:0:808:808:0:0:5601:5601]:80", errNotPublic}, // Teredo, 169.254.169.254 with its bits turned
		{everything, "[fe80::5efe:808:808]:80", errNotPublic},
		{everything, "[fe80::1]:80", errNotPublic},
		{everything, "[fe80::1%lo]:80", errNotPublic},
		{everything, "[2a00::1%lo]:80", errNotPublic},
		{everything, "[fd00:ec2::254]:80", errNotPublic},
		{everything, "100.100.100.200:80", errNotPublic},
		{everything, "168.63.129.16:80", errNotPublic},
		{everything, "0.0.0.0:81", errNotPublic},
		{everything, "[::]:81", errNotPublic},
		{everything, "224.0.0.1:80", errNotPublic},
		{everything, "[ff02::1]:80", errNotPublic},
		{everything, "255.255.255.255:80", errNotPublic},
	} {
		if err := newGuard(test.allow, own).check(netip.MustParseAddrPort(test.at)); err != test.want {
			t.Errorf("with %v %s: %v, not %v", test.allow, test.at, err, test.want)
		}
	}
	g := newGuard(everything, own)
	for _, dial := range [][2]string{{"udp4", "8.8.8.8:80"}, {"unix", "/run/x"}, {"tcp4", "8.8.8.8"}, {"tcp4", ""}} {
		if err := g.control(t.Context(), dial[0], dial[1], nil); err == nil {
			t.Errorf("%v is dialled", dial)
		}
	}
}

// Our ports are refused on every address that this machine has.
func TestOwnPortsOnEveryAddress(t *testing.T) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, func() []uint16 { return []uint16{8080} })
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			t.Fatal(err)
		}
		if err := g.check(netip.AddrPortFrom(p.Addr(), 8080)); err == nil {
			t.Errorf("our port on %s is dialled", p.Addr())
		}
	}
}

// A name server that says another thing at each lookup changes nothing: what is
// dialled is what was checked. Here 127.0.0.2 stands for what is public.
func TestRebinding(t *testing.T) {
	canary := newCanary(t)
	friend, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	pushed := 0
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { pushed++ })}
	ended := make(chan struct{})
	go func() { _ = server.Serve(friend); close(ended) }()
	t.Cleanup(func() { server.Close(); <-ended })
	_, friendPort, err := net.SplitHostPort(friend.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	public, private := netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")
	names, resolver := serveNames(t, func(name string, asked int) []netip.Addr {
		switch {
		case strings.HasPrefix(name, "turns.") && asked == 1:
			return []netip.Addr{public}
		case strings.HasPrefix(name, "turns."):
			return []netip.Addr{private}
		case strings.HasPrefix(name, "both."):
			return []netip.Addr{private, netip.IPv6Loopback(), public}
		}
		return nil
	})
	c := New(Config{Resolver: resolver, Allow: prefixes("127.0.0.2/32")})
	for _, push := range []struct {
		url     string
		status  int
		lookups int
		error   string
	}{
		{"http://turns.example:" + friendPort, 200, 1, ""},
		{"http://turns.example:" + canary.port, 0, 2, errNotPublic.Error()},
		{"http://turns.example:" + canary.port, 0, 3, errNotPublic.Error()},
		{"http://both.example:" + friendPort, 200, 1, ""},
	} {
		if err := c.CheckURL(push.url); err != nil {
			t.Errorf("%s: %v", push.url, err)
		}
		report := c.Push(t.Context(), push.url, []byte("{}"))
		host := strings.Split(push.url, ":")[1][2:] + "."
		if report.Status != push.status || report.Error != push.error || names.lookups(host) != push.lookups {
			t.Errorf("%s: %+v after %d lookups", push.url, report, names.lookups(host))
		}
	}
	report := c.Push(t.Context(), "http://nobody.example/", []byte("{}"))
	if report.Status != 0 || report.Error != "its host name does not exist" {
		t.Errorf("a name without addresses: %+v", report)
	}
	if canary.sings(t) || pushed != 2 {
		t.Errorf("somebody got inside, or %d pushes arrived", pushed)
	}
}
