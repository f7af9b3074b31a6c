package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shown is the certificate a client would be shown now.
func shown(t *testing.T, get getCertificate) *x509.Certificate {
	t.Helper()
	c, err := get(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestSMTPCertificateIsMadeOnce(t *testing.T) {
	folder := t.TempDir()
	c := defaults()
	c.Database.URL = URL(sqliteScheme + filepath.Join(folder, "aviso.db"))
	c.Email.Domain, c.SMTP.Listen, c.SMTP.TLSListen = "mail.example.org", "0.0.0.0:587", "192.0.2.1:465"
	var made []*x509.Certificate
	for range 2 {
		get, err := smtpCertificate(&c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, shown(t, get))
	}
	if !made[0].Equal(made[1]) {
		t.Error("another start has another certificate")
	}
	for _, name := range []string{"mail.example.org", "localhost", "127.0.0.1", "::1", "192.0.2.1"} {
		if err := made[0].VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if err := made[0].VerifyHostname("0.0.0.0"); err == nil {
		t.Error("the certificate is for every address")
	}
	for _, name := range []string{"smtp.crt", "smtp.key"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}

	// A key whose certificate was never written is one of a start that broke off.
	if err := os.Remove(filepath.Join(folder, "smtp.crt")); err != nil {
		t.Fatal(err)
	}
	get, err := smtpCertificate(&c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if shown(t, get).Equal(made[0]) {
		t.Error("the certificate came back")
	}
	if err := os.WriteFile(filepath.Join(folder, "smtp.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := smtpCertificate(&c, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a certificate without its key was taken")
	}
}

func TestSMTPCertificateOfAProcess(t *testing.T) {
	c := defaults()
	c.Database.URL = "postgres://u@h/db"
	var said bytes.Buffer
	get, err := smtpCertificate(&c, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := shown(t, get), shown(t, get); !a.Equal(b) {
		t.Error("each client is shown another certificate")
	}
	if !strings.Contains(said.String(), "tls_cert") {
		t.Errorf("the operator is told %q", &said)
	}
}

// A renewed certificate is shown without a start, and half of one is not.
func TestSMTPCertificateIsRenewed(t *testing.T) {
	folder := t.TempDir()
	c := defaults()
	c.SMTP.TLSCert, c.SMTP.TLSKey = Path(filepath.Join(folder, "a.crt")), Path(filepath.Join(folder, "a.key"))
	if _, err := smtpCertificate(&c, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("there is no certificate, and nobody minds")
	}
	age := time.Now().Add(-time.Hour)
	write := func(path Path, data []byte) {
		t.Helper()
		if err := os.WriteFile(string(path), data, 0o600); err != nil {
			t.Fatal(err)
		}
		age = age.Add(time.Minute) // a file system may not tell two writes of this test apart
		if err := os.Chtimes(string(path), age, age); err != nil {
			t.Fatal(err)
		}
	}
	pair := func() (cert, key []byte) {
		t.Helper()
		cert, key, err := makeCertificate(&c)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	cert, key := pair()
	write(c.SMTP.TLSCert, cert)
	write(c.SMTP.TLSKey, key)
	get, err := smtpCertificate(&c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := shown(t, get)
	cert, key = pair()
	write(c.SMTP.TLSCert, cert)
	if !shown(t, get).Equal(before) {
		t.Error("a certificate without its key is shown")
	}
	write(c.SMTP.TLSKey, key)
	after := shown(t, get)
	if after.Equal(before) {
		t.Error("the old certificate is shown")
	}
	if err := os.Remove(string(c.SMTP.TLSCert)); err != nil {
		t.Fatal(err)
	}
	if !shown(t, get).Equal(after) {
		t.Error("without its file there is no certificate")
	}
}
