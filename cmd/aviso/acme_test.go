package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"aviso/db"
	"aviso/db/dbtest"
)

// fetching is certificates for two domains, from a directory that answers as it
// is told, with a log to read and a clock to set.
func fetching(t *testing.T, d *db.DB, answer http.HandlerFunc) (c *certificates, said *bytes.Buffer, clock *time.Time) {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	config := defaults()
	config.HTTP.ACMEDomains = []string{"A.example.test", "b.example.test"}
	config.HTTP.ACMEDirectory = URL(server.URL)
	config.HTTP.ACMECA = Path(filepath.Join(folder, "ca.pem"))
	writeFile(t, string(config.HTTP.ACMECA), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	config.Secrets.KeyPath = Path(filepath.Join(folder, "secret.key"))
	writeFile(t, string(config.Secrets.KeyPath), strings.Repeat("ab", secretKeyBytes))
	said = &bytes.Buffer{}
	c, err := newCertificates(&config, d, slog.New(slog.NewTextHandler(said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	return c, said, &now
}

// A directory that cannot be had is told to the operator, and not at each call.
func TestCertificateIsNotToBeHad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		asked := 0
		c, said, now := fetching(t, d, func(w http.ResponseWriter, r *http.Request) {
			asked++
			if r.UserAgent() == "" || !strings.HasPrefix(r.UserAgent(), "aviso/") {
				t.Errorf("the directory hears from %q", r.UserAgent())
			}
			http.Error(w, `{"detail":"closed for repairs"}`, http.StatusForbidden)
		})
		ask := func(name string) {
			t.Helper()
			if shown, err := c.get(&tls.ClientHelloInfo{ServerName: name}); err == nil {
				t.Errorf("%s: %v is shown", name, shown.Leaf)
			}
		}
		ask("c.example.test")
		ask("example.test")
		if asked != 0 || said.Len() != 0 {
			t.Errorf("for hosts that are not ours the directory is asked %d times, and the log says %s", asked, said)
		}
		for range 3 {
			ask("a.EXAMPLE.test.")
		}
		if lines := strings.Count(said.String(), "\n"); lines != 1 || !strings.Contains(said.String(), "closed for repairs") {
			t.Errorf("the operator hears:\n%s", said)
		}
		ask("b.example.test")
		*now = now.Add(time.Minute)
		ask("") // is for the first
		if lines := strings.Count(said.String(), "\n"); lines != 3 || strings.Count(said.String(), "domain=a.example.test") != 2 {
			t.Errorf("the operator hears:\n%s", said)
		}
		if asked == 0 {
			t.Error("the directory is not asked")
		}
	})
}

// What should have been renewed long ago is shown, and the operator is told.
func TestCertificateIsNotRenewed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, said, now := fetching(t, d, func(w http.ResponseWriter, r *http.Request) {
			t.Error("the directory is asked")
			http.Error(w, "", http.StatusForbidden)
		})
		from, until := now.Add(-40*24*time.Hour), now.Add(50*24*time.Hour)
		if err := c.manager.Cache.Put(t.Context(), "a.example.test", issued(t, "a.example.test", from, until)); err != nil {
			t.Fatal(err)
		}
		hello := &tls.ClientHelloInfo{SupportedProtos: []string{"h2"}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
		for _, c2 := range []struct {
			left  time.Duration
			lines int
		}{{16 * 24 * time.Hour, 0}, {14 * 24 * time.Hour, 1}, {14*24*time.Hour - time.Second, 1}} {
			*now = until.Add(-c2.left)
			if shown, err := c.get(hello); err != nil || !shown.Leaf.NotAfter.Equal(until.Truncate(time.Second)) {
				t.Errorf("%v, %v", shown, err)
			}
			if lines := strings.Count(said.String(), "certificate not renewed"); lines != c2.lines {
				t.Errorf("%s before its end the operator hears %q", c2.left, said)
			}
		}
	})
}

// issued is a certificate as autocert keeps it.
func issued(t *testing.T, domain string, from, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{domain}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

func TestCertificatesOfNobody(t *testing.T) {
	c := defaults()
	if got, err := newCertificates(&c, nil, nil); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	client, err := acmeClient(&c.HTTP)
	if err != nil || client.DirectoryURL != acme.LetsEncryptURL {
		t.Errorf("the directory is %v, %v", client, err)
	}
}
