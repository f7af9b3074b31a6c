package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// getCertificate is tls.Config.GetCertificate.
type getCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// smtpCertificate returns the configured certificate, or a self-signed one: kept
// beside a SQLite database, so that whoever trusts it need not trust another
// after each start; of this process alone with PostgreSQL, where nodes share no
// folder (docs/decisions/0008).
func smtpCertificate(c *Config, log *slog.Logger) (getCertificate, error) {
	cert, key := string(c.SMTP.TLSCert), string(c.SMTP.TLSKey)
	if cert == "" {
		database, embedded := c.Database.sqlitePath()
		if !embedded {
			log.Warn("smtp has no certificate and makes one for this process alone; set tls_cert and tls_key of [smtp]")
			certPEM, keyPEM, err := makeCertificate(c)
			if err != nil {
				return nil, fmt.Errorf("making a certificate for smtp: %w", err)
			}
			made, err := tls.X509KeyPair(certPEM, keyPEM)
			if err != nil {
				return nil, fmt.Errorf("making a certificate for smtp: %w", err)
			}
			return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &made, nil }, nil
		}
		cert, key = filepath.Join(filepath.Dir(database), "smtp.crt"), filepath.Join(filepath.Dir(database), "smtp.key")
		if err := keepCertificate(c, cert, key); err != nil {
			return nil, fmt.Errorf("making a certificate for smtp: %w", err)
		}
	}
	p := &keyPair{cert: cert, key: key, log: log}
	if _, err := p.get(nil); err != nil {
		return nil, fmt.Errorf("smtp certificate: %w", err)
	}
	return p.get, nil
}

// keepCertificate makes the two files unless the certificate is there. It is
// written last, so that it is never without its key.
func keepCertificate(c *Config, cert, key string) error {
	if _, err := os.Stat(cert); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	certPEM, keyPEM, err := makeCertificate(c)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{{key, keyPEM}, {cert, certPEM}} {
		if err := replace(f.path, f.data); err != nil {
			return err
		}
	}
	return nil
}

// makeCertificate makes a self-signed certificate in PEM for the names that
// clients may know this machine by. Nobody trusts it but who was told to, and
// they should not be told again, so that it lasts.
func makeCertificate(c *Config) (certPEM, keyPEM []byte, err error) {
	names, addresses := []string{c.Email.Domain, "localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	for _, listen := range []string{c.SMTP.Listen, c.SMTP.TLSListen} {
		host, _, err := net.SplitHostPort(listen)
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
			addresses = append(addresses, ip)
		} else if err == nil && ip == nil && host != "" {
			names = append(names, host)
		}
	}
	slices.Sort(names)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])), Subject: pkix.Name{CommonName: c.Email.Domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(20, 0, 0),
		DNSNames: slices.Compact(names), IPAddresses: addresses,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}
