package smpp_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aviso/transport/smpp"
)

const patience = 30 * time.Second

// smsc is a message centre by others: the npm package smpp in a process of its
// own.
type smsc struct {
	t      *testing.T
	addr   string
	in     io.Writer
	events chan event
	past   []event // came while another was waited for
}

// event is what happened at the message centre.
type event struct {
	Event   string
	Session int
	Port    int
	PDU     struct {
		Command  string `json:"command"`
		Sequence uint32 `json:"sequence_number"`
		Status   uint32 `json:"command_status"`

		SystemID   string `json:"system_id"`
		Password   string `json:"password"`
		SystemType string `json:"system_type"`

		Source    string `json:"source_addr"`
		SourceTON int    `json:"source_addr_ton"`
		Dest      string `json:"destination_addr"`
		DestTON   int    `json:"dest_addr_ton"`
		Coding    int    `json:"data_coding"`
		Class     int    `json:"esm_class"`
		Wanted    int    `json:"registered_delivery"`
		Reference int    `json:"user_message_reference"`
		SarRef    int    `json:"sar_msg_ref_num"`
		SarTotal  int    `json:"sar_total_segments"`
		SarNumber int    `json:"sar_segment_seqnum"`
		Short     *said  `json:"short_message"`
		Payload   *said  `json:"message_payload"`
	}
}

type said struct {
	Text, Hex string
	UDH       []string
}

// centreOf starts a message centre; with cert it speaks TLS.
func centreOf(t *testing.T, order map[string]any) *smsc {
	t.Helper()
	script, err := filepath.Abs("testdata/smsc/centre.cjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(packages(t), "node_modules"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &smsc{t: t, in: in, events: make(chan event, 1<<16)}
	go s.listen(out)
	t.Cleanup(func() {
		_ = in.Close() // which is the end of it
		for range s.events {
		}
		_ = cmd.Wait()
	})
	if order == nil {
		order = map[string]any{}
	}
	s.tell("listen", order)
	s.addr = fmt.Sprintf("127.0.0.1:%d", s.want("listening").Port)
	return s
}

func (s *smsc) listen(out io.Reader) {
	defer close(s.events)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			s.t.Errorf("%s: %v", lines.Bytes(), err)
			continue
		}
		s.events <- e
	}
}

func (s *smsc) tell(do string, order map[string]any) {
	s.t.Helper()
	order["do"] = do
	b, err := json.Marshal(order)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.in.Write(append(b, '\n')); err != nil {
		s.t.Fatal(err)
	}
}

func (s *smsc) policy(p map[string]any) {
	s.t.Helper()
	s.tell("policy", map[string]any{"policy": p})
	s.want("policy")
}

// want is the next event of that name; others are kept.
func (s *smsc) want(name string) event {
	s.t.Helper()
	for i, e := range s.past {
		if e.Event == name {
			s.past = append(s.past[:i:i], s.past[i+1:]...)
			return e
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.t.Fatalf("the message centre has gone; no %s", name)
			}
			if e.Event == name {
				return e
			}
			s.past = append(s.past, e)
		case <-late.C:
			s.t.Fatalf("no %s; there were %+v", name, s.past)
		}
	}
}

// packages is a folder with the npm packages of testdata/smsc, kept between
// runs. One with other packages has another name.
func packages(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile("testdata/smsc/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, "aviso", fmt.Sprintf("smsc-%x", sha256.Sum256(lock))[:24])
	if _, err := os.Stat(folder); err == nil {
		return folder
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp(filepath.Dir(folder), "making-smsc-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	if err := os.CopyFS(making, os.DirFS("testdata/smsc")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = making
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	// Two runs may end at once; what the second has made is the same.
	if err := os.Rename(making, folder); err != nil {
		if _, there := os.Stat(folder); there != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// joined is a gateway with a bind at s.
func joined(t *testing.T, s *smsc, change func(*smpp.Config)) (*smpp.Gateway, *box) {
	t.Helper()
	b := newBox()
	cfg := smpp.Config{Name: "carrier", Address: s.addr, Username: "aviso", Password: "hush", Inbound: b,
		Timeouts: smpp.Timeouts{Redial: 10 * time.Millisecond, Again: 10 * time.Millisecond}}
	if change != nil {
		change(&cfg)
	}
	g, err := smpp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { g.Run(context.Background()); close(ended) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		g.Close(ctx)
		<-ended
	})
	g.SetBinds(1)
	return g, b
}

// linked is the same, when the bind is there and Send goes through.
func linked(t *testing.T, s *smsc, change func(*smpp.Config)) (*smpp.Gateway, *box) {
	t.Helper()
	g, b := joined(t, s, change)
	s.want("bind_transceiver")
	awaitBound(t, g)
	return g, b
}

// awaitBound waits until texts can be sent: the answer to the bind is on its
// way, and nothing at the peer says when it has come.
func awaitBound(t testing.TB, g *smpp.Gateway) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for g.Bound() == 0 {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("not bound: %+v", g.Health())
		}
	}
}

// certificate is for 127.0.0.1, by nobody anyone trusts.
func certificate(t *testing.T) (key, cert string, roots *x509.CertPool) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	return key, cert, roots
}

func TestTLS(t *testing.T) {
	key, cert, roots := certificate(t)
	s := centreOf(t, map[string]any{"key": key, "cert": cert})
	g, _ := linked(t, s, func(c *smpp.Config) { c.TLS = &tls.Config{RootCAs: roots} })
	check(t, g.Send(t.Context(), text("a")).Verdicts, "taken ESME_ROK 4000000001")
	for name, change := range map[string]func(*smpp.Config){
		"a stranger's": func(c *smpp.Config) { c.TLS = &tls.Config{} },
		"another's":    func(c *smpp.Config) { c.TLS = &tls.Config{RootCAs: roots, ServerName: "carrier.test"} },
	} {
		g, _ := joined(t, s, change)
		late := time.NewTimer(patience)
		look := time.NewTicker(time.Millisecond)
		for g.Health().LastError == "" {
			select {
			case <-look.C:
			case <-late.C:
				t.Fatal("nothing goes wrong")
			}
		}
		look.Stop()
		if h := g.Health(); h.Up || !strings.Contains(h.LastError, "TLS could not be agreed") {
			t.Errorf("%s: %+v", name, h)
		}
	}
}
