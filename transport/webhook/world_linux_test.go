package webhook

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ownWorld is set in a process whose network is its own, and in which every
// address there is belongs to this machine.
const ownWorld = "AVISO_TEST_OWN_WORLD"

// Where every address is a canary's, no address inside is reached by who is
// guarded, nearly all are by who is not, and what is public is by both.
func TestWhereEveryAddressAnswers(t *testing.T) {
	if os.Getenv(ownWorld) == "" {
		inOwnWorld(t, t.Name())
		return
	}
	makeWorld(t)
	t.Run("guarded", TestNobodyGetsInside)
	canary := newCanary(t)
	reached := 0
	for _, text := range inside {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(text, canary.port), time.Second)
		if err != nil {
			continue // multicast and the like, which nobody can dial
		}
		conn.Close()
		reached++
	}
	if reached < len(inside)-10 || !canary.sings(t) {
		t.Errorf("without the guard only %d addresses are reached", reached)
	}

	l, err := net.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan string, 1)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		served <- r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
	})}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	defer func() { server.Close(); <-ended }()
	turns := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2606:4700::1111"), netip.MustParseAddr("fd00::1")}
	_, resolver := serveNames(t, func(_ string, asked int) []netip.Addr { return turns[asked-1 : asked] })
	c := New(Config{Resolver: resolver})
	for i, ip := range turns {
		report := c.Push(t.Context(), "http://turns.example/", []byte("{}"))
		if i%2 == 1 {
			if report.Status != 0 || report.Error != errNotPublic.Error() {
				t.Errorf("%s: %+v", ip, report)
			}
			continue
		}
		if at := netip.AddrPortFrom(ip, 80).String(); report.Status != http.StatusOK || <-served != at {
			t.Errorf("%s: %+v", ip, report)
		}
	}
	if len(served) != 0 {
		t.Errorf("%s was reached", <-served)
	}
}

// inOwnWorld runs a test of this binary in a network of its own.
func inOwnWorld(t *testing.T, test string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+test+"$", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), ownWorld+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 { // who is nobody here may be root in a world of their own
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Errorf("in a network of its own (which root may make, or anybody where user namespaces are allowed): %v\n%s", err, out)
	}
}

// makeWorld starts the loopback interface, and routes all addresses to it as
// this machine's.
func makeWorld(t *testing.T) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := routeAll(family); err != nil {
			t.Fatalf("family %d: %v", family, err)
		}
	}
}

// routeAll is `ip route add local default dev lo` (rtnetlink(7)), on machines
// without ip.
func routeAll(family byte) error {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	order := binary.NativeEndian
	const length = unix.SizeofNlMsghdr + unix.SizeofRtMsg + 8
	m := order.AppendUint32(nil, length)
	m = order.AppendUint16(m, unix.RTM_NEWROUTE)
	m = order.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)
	m = append(m, make([]byte, 8)...)                                                                                     // sequence, sender
	m = append(m, family, 0, 0, 0, unix.RT_TABLE_LOCAL, unix.RTPROT_BOOT, unix.RT_SCOPE_HOST, unix.RTN_LOCAL, 0, 0, 0, 0) // to anywhere
	m = order.AppendUint16(m, 8)
	m = order.AppendUint16(m, unix.RTA_OIF)
	m = order.AppendUint32(m, 1) // lo is the first interface of every world
	if err := unix.Sendto(socket, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(socket, answer, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 {
		return io.ErrUnexpectedEOF
	}
	if code := int32(order.Uint32(answer[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
