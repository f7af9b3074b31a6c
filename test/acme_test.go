package test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aviso/db"
	"aviso/test/story"
)

// certified is the name that the stories have a certificate for.
const certified = "mail.example.test"

// certify has an installation fetch certificates, and take mail on a port that
// begins with TLS.
func certify(t *testing.T, house *story.Installation, from *directory) {
	t.Helper()
	text, err := os.ReadFile(house.Config())
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(
		"[http]\n", "[http]\nacme_domains = [\"Mail.Example.Test\"]\n"+from.settings(),
		"[smtp]\n", "[smtp]\ntls_listen = \"127.0.0.1:0\"\n").Replace(string(text))
	if err := os.WriteFile(house.Config(), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A certificate is there when the first client asks, serves both doors, and
// outlives the process.
func TestCertificateIsFetched(t *testing.T) {
	from := newDirectory(t)
	database := "sqlite:" + t.TempDir() + "/aviso.db"
	house := aviso.Install(t, database, story.Settings{Relay: "sandbox:"})
	certify(t, house, from)
	node := house.Serve()
	from.start(port(t, node))
	issued := from.roots()

	for _, foreign := range []string{"example.test", "www." + certified, "localhost"} {
		if c, err := tls.Dial("tcp", "127.0.0.1:"+port(t, node), &tls.Config{ServerName: foreign, InsecureSkipVerify: true}); err == nil {
			c.Close()
			t.Errorf("a certificate is shown for %s", foreign)
		}
	}
	if n := len(stored(t, database)); n != 0 {
		t.Errorf("%d rows after calls for hosts that are not ours", n)
	}

	first := website(t, node, certified, issued)
	for how, shown := range map[string]*x509.Certificate{
		"in other letters": website(t, node, "MAIL.example.test", issued),
		"by address":       website(t, node, "", issued),
		"STARTTLS":         submissionCertificate(t, node, "STARTTLS", issued),
		"TLS":              submissionCertificate(t, node, "TLS", issued),
	} {
		if !shown.Equal(first) {
			t.Errorf("%s: another certificate", how)
		}
	}
	rows := stored(t, database)
	if len(rows) != 2 { // the account's key and the certificate; the challenge is over
		t.Errorf("%d rows", len(rows))
	}
	files, err := filepath.Glob(strings.TrimPrefix(database, "sqlite:") + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, data)
	}
	for _, data := range rows {
		if bytes.Contains(data, []byte("PRIVATE KEY")) || bytes.Contains(data, first.Raw[:64]) {
			t.Error("a key or a certificate is in the database in clear")
		}
	}

	from.stop()
	node.Terminate()
	if code := node.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	node = house.Serve()
	if !website(t, node, certified, issued).Equal(first) || !submissionCertificate(t, node, "STARTTLS", issued).Equal(first) {
		t.Error("another start has another certificate")
	}
}

// The node that the directory reaches need not be the one that has asked it.
func TestNodesShareCertificates(t *testing.T) {
	onPostgres(t, func(t *testing.T, database string) {
		from := newDirectory(t)
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:"})
		certify(t, house, from)
		asking, reached := house.Serve(), house.Serve()
		from.start(port(t, reached))
		issued := from.roots()
		first := website(t, asking, certified, issued)
		from.stop()
		if !website(t, reached, certified, issued).Equal(first) {
			t.Error("each node has a certificate of its own")
		}
	})
}

// port is where a node speaks HTTPS; its URL is that of the certificate's name.
func port(t *testing.T, n *story.Node) string {
	t.Helper()
	u, err := url.Parse(n.URL)
	if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), certified) {
		t.Fatalf("the node serves at %s", n.URL)
	}
	return u.Port()
}

// website calls a node by a name, over HTTP/2, and returns the certificate that
// it was shown.
func website(t *testing.T, n *story.Node, name string, issued *x509.CertPool) *x509.Certificate {
	t.Helper()
	addr := "127.0.0.1:" + port(t, n)
	config := &tls.Config{ServerName: name, RootCAs: issued, InsecureSkipVerify: name == ""}
	wire := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}}
	if name == "" {
		wire.DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			config.NextProtos = []string{"h2"}
			return (&tls.Dialer{Config: config}).DialContext(ctx, network, addr)
		}
	}
	defer wire.CloseIdleConnections()
	answer, err := (&http.Client{Transport: wire, Timeout: story.Patience}).Get(n.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Errorf("%s answers %s %s", name, answer.Proto, answer.Status)
	}
	return answer.TLS.PeerCertificates[0]
}

// submissionCertificate is what the submission server shows by one of its ways.
func submissionCertificate(t *testing.T, n *story.Node, how string, issued *x509.CertPool) *x509.Certificate {
	t.Helper()
	addr := ""
	for line := range strings.Lines(n.Stderr()) {
		var said struct{ Msg, Address, TLS string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "smtp submission" && said.TLS == how {
			addr = said.Address
		}
	}
	config := &tls.Config{ServerName: certified, RootCAs: issued}
	if how == "TLS" {
		c, err := tls.Dial("tcp", addr, config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0]
	}
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(config); err != nil {
		t.Fatal(err)
	}
	state, _ := c.TLSConnectionState()
	return state.PeerCertificates[0]
}

// stored is what the database keeps for certificates.
func stored(t *testing.T, database string) (rows [][]byte) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT data FROM certificates`, nil, func(scan func(...any) error) error {
			var data []byte
			rows = append(rows, nil)
			err := scan(&data)
			rows[len(rows)-1] = data
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
