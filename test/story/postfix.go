package story

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Postfix is a real one of its own: it takes mail on the loopback and relays
// all of it to one host. Nothing of the machine's own mail system is touched.
type Postfix struct {
	*process
	Addr  string
	rules *accessTable
}

// TLS, DNS and local delivery are off. smtpd_forbid_bare_newline is what was
// usual when smuggling was found, so that this Postfix is fooled by whatever
// could fool one.
const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
relayhost = [%[2]s]:%[3]d
smtp_dns_support_level = disabled
smtp_tls_security_level = none
smtpd_forbid_bare_newline = no
smtpd_recipient_restrictions = check_recipient_access tcp:%[4]s, permit_mynetworks, reject
`

const masterCF = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// StartPostfix starts a Postfix that relays to host and port, and waits for it.
func StartPostfix(t testing.TB, host string, port int) *Postfix {
	t.Helper()
	binary, err := exec.LookPath("postfix")
	if err != nil || os.Getuid() != 0 {
		t.Fatalf("Postfix has to be installed and started by root (apt-get install postfix; it was found at %q, and this is user %d); `make test` as root sees to it", binary, os.Getuid())
	}
	p := &Postfix{Addr: FreeAddr(t), rules: newAccessTable(t)}
	config := p.configure(t, host, port)
	// Makes the queue's folders, which the daemon does not.
	if out, err := exec.Command(binary, "-c", config, "check").CombinedOutput(); err != nil {
		t.Fatalf("postfix check: %v\n%s", err, out)
	}
	daemons, err := exec.Command("postconf", "-c", config, "-h", "daemon_directory").Output()
	if err != nil {
		t.Fatalf("postconf: %v", err)
	}
	master := exec.Command(filepath.Join(strings.TrimSpace(string(daemons)), "master"), "-c", config, "-s")
	master.SysProcAttr = childAttr()
	master.SysProcAttr.Setpgid = false // it makes a session of its own, which the leader of a group cannot
	p.process = start(t, "postfix", master)
	if p.stdout.line("daemon started") == "" {
		t.Fatalf("Postfix did not start:\n%s", p.Stdout())
	}
	return p
}

// configure writes the two files and the folders that the queue is in. They
// are not below t.TempDir, which the mail system's user may not enter.
func (p *Postfix) configure(t testing.TB, host string, port int) (config string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "aviso-postfix")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	config = filepath.Join(dir, "etc")
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.Mkdir(config, 0o755), os.Mkdir(filepath.Join(dir, "queue"), 0o755),
		os.Mkdir(filepath.Join(dir, "data"), 0o700), os.Chown(filepath.Join(dir, "data"), uid, -1),
		os.WriteFile(filepath.Join(config, "main.cf"), fmt.Appendf(nil, mainCF, dir, host, port, p.rules.addr), 0o644),
		os.WriteFile(filepath.Join(config, "master.cf"), fmt.Appendf(nil, masterCF, p.Addr), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// FreeAddr is a loopback address that nobody listens on now, for programs that
// cannot leave the port to the system.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// URL is what a configuration calls it.
func (p *Postfix) URL() string { return "smtp://" + p.Addr + "?tls=none" }

// Answer gives a recipient an answer of access(5), such as "550 5.1.1 nobody",
// from now on; "" takes it back.
func (p *Postfix) Answer(address, answer string) { p.rules.set(address, answer) }

var (
	connected    = regexp.MustCompile(`(?m)smtpd\[\d+\]: connect from `)
	disconnected = regexp.MustCompile(`(?m)smtpd\[\d+\]: disconnect from `)
	accepted     = regexp.MustCompile(`(?m)smtpd\[\d+\]: ([0-9A-F]+): client=`)
	removed      = regexp.MustCompile(`(?m)qmgr\[\d+\]: ([0-9A-F]+): removed`)
)

// Accepted waits until at least that many messages came in, every session has
// ended and the queue is empty, and returns how many there were. Whoever keeps
// connections has to be gone: what is smuggled comes in before its session
// ends, and the log keeps the order.
func (p *Postfix) Accepted(t testing.TB, atLeast int) (n int) {
	t.Helper()
	count := func(re *regexp.Regexp) int { return len(re.FindAllIndex(p.stdout.written, -1)) }
	if !p.stdout.await(func() bool {
		n = count(accepted)
		return n >= atLeast && n == count(removed) && count(connected) == count(disconnected)
	}) {
		t.Fatalf("Postfix does not come to rest:\n%s", p.Stdout())
	}
	return n
}

// accessTable answers Postfix's lookups (tcp_table(5)): a recipient's answer
// can change while Postfix runs.
type accessTable struct {
	addr    string
	mu      sync.Mutex
	answers map[string]string
}

func newAccessTable(t testing.TB) *accessTable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	table := &accessTable{addr: l.Addr().String(), answers: map[string]string{}}
	var sessions sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		sessions.Wait()
	})
	sessions.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() { table.serve(c) })
		}
	})
	return table
}

func (a *accessTable) set(address, answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[address] = answer
}

// serve ends when Postfix hangs up, or has asked nothing for long.
func (a *accessTable) serve(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for c.SetDeadline(time.Now().Add(Patience)) == nil && lines.Scan() {
		address, _ := strings.CutPrefix(lines.Text(), "get ")
		a.mu.Lock()
		answer := a.answers[address]
		a.mu.Unlock()
		reply := "500 not found\n"
		if answer != "" {
			reply = "200 " + strings.ReplaceAll(answer, " ", "%20") + "\n"
		}
		if _, err := c.Write([]byte(reply)); err != nil {
			return
		}
	}
}
