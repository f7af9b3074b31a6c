package test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"aviso/test/story"
)

// pebbleVersion is of Let's Encrypt's own ACME server for tests. Later ones leave
// out a header, Location in the answer to finalize, that golang.org/x/crypto
// needs, the RFC does not promise, and Let's Encrypt sends.
const pebbleVersion = "v2.8.0"

// directory is an ACME server: a Pebble, which validates by a resolver that
// finds every name on this machine.
type directory struct {
	t          *testing.T
	dir        string
	program    string
	resolver   string
	port       string
	management string
	pebble     *exec.Cmd
	ended      chan struct{} // closed when it has
	said       bytes.Buffer  // to be read then
}

// newDirectory prepares a directory at an address that is known before it
// starts.
func newDirectory(t *testing.T) *directory {
	t.Helper()
	d := &directory{t: t, dir: t.TempDir(), program: story.Program(t, "github.com/letsencrypt/pebble/v2/cmd/pebble", pebbleVersion), resolver: everythingIsHere(t), port: portOf(t, story.FreeAddr(t)), management: portOf(t, story.FreeAddr(t))}
	// The certificate of the directory itself, and for its users who it is from.
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	d.write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	d.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return d
}

func (d *directory) write(name string, text []byte) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), text, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// settings is what Aviso is told of the directory.
func (d *directory) settings() string {
	return fmt.Sprintf("acme_email = \"operator@example.test\"\nacme_directory = \"https://127.0.0.1:%s/dir\"\nacme_ca = %q\n", d.port, filepath.Join(d.dir, "ca.pem"))
}

// start starts the directory; it validates a name by dialling that port of it.
func (d *directory) start(tlsPort string) {
	t := d.t
	t.Helper()
	config := fmt.Sprintf(`{"pebble": {"listenAddress": "127.0.0.1:%s", "managementListenAddress": "127.0.0.1:%s",
		"certificate": "ca.pem", "privateKey": "key.pem", "httpPort": 9, "tlsPort": %s}}`, d.port, d.management, tlsPort)
	d.write("pebble.json", []byte(config))
	d.pebble = exec.Command(d.program, "-config", "pebble.json", "-dnsserver", d.resolver)
	d.pebble.Dir, d.pebble.Env = d.dir, append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	d.pebble.Stdout, d.pebble.Stderr = &d.said, &d.said
	if err := d.pebble.Start(); err != nil {
		t.Fatal(err)
	}
	d.ended = make(chan struct{})
	go func() {
		_ = d.pebble.Wait() // it is killed
		close(d.ended)
	}()
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			t.Logf("pebble wrote:\n%s", &d.said)
		}
	})
	d.answers(d.port)
	d.answers(d.management)
}

// answers waits for a port to be listened on. Pebble says so before it does.
func (d *directory) answers(port string) {
	d.t.Helper()
	late := time.After(story.Patience)
	for {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-d.ended:
			d.t.Fatalf("pebble ended:\n%s", &d.said)
		case <-late:
			d.t.Fatal(err)
		}
	}
}

// stop ends the directory. It can be asked nothing any more.
func (d *directory) stop() {
	_ = d.pebble.Process.Kill()
	<-d.ended
}

// roots is whom the certificates of this directory are from: another root at
// each start of it.
func (d *directory) roots() *x509.CertPool {
	t := d.t
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(d.dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(ca)
	wire := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	defer wire.CloseIdleConnections()
	answer, err := (&http.Client{Transport: wire}).Get("https://127.0.0.1:" + d.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	root, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	issued := x509.NewCertPool()
	if !issued.AppendCertsFromPEM(root) {
		t.Fatalf("the directory's root is %q", root)
	}
	return issued
}

// everythingIsHere is a name server whose one answer is 127.0.0.1.
func everythingIsHere(t *testing.T) string {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { socket.Close(); <-ended })
	go func() {
		defer close(ended)
		for b := make([]byte, 4096); ; {
			n, from, err := socket.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := here(b[:n]); answer != nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	return socket.LocalAddr().String()
}

// here answers one question of a resolver.
func here(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true}, Questions: m.Questions}
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
			Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}
