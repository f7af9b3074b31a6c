package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"aviso/db"
)

// certificates fetches the certificates of the configured domains by ACME (RFC
// 8555), each at the first handshake that asks for it, and renews them
// (docs/decisions/0009). Its timers end with the process.
type certificates struct {
	manager *autocert.Manager
	domains []string // in lower case
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	said map[string]time.Time // when the log last told of a domain
}

// newCertificates returns nil when no domain is configured.
func newCertificates(c *Config, d *db.DB, log *slog.Logger) (*certificates, error) {
	h := &c.HTTP
	if len(h.ACMEDomains) == 0 {
		return nil, nil
	}
	vault, err := openVault(string(c.Secrets.KeyPath))
	if err != nil {
		return nil, err
	}
	client, err := acmeClient(h)
	if err != nil {
		return nil, err
	}
	domains := make([]string, len(h.ACMEDomains))
	for i, domain := range h.ACMEDomains {
		domains[i] = strings.ToLower(domain)
	}
	return &certificates{domains: domains, log: log, now: time.Now, said: map[string]time.Time{},
		manager: &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(domains...), Email: h.ACMEEmail, Client: client,
			Cache: &certificateStore{db: d, vault: vault, directory: client.DirectoryURL, holder: rand.Text()},
		}}, nil
}

func acmeClient(h *HTTPConfig) (*acme.Client, error) {
	client := &acme.Client{DirectoryURL: string(h.ACMEDirectory), UserAgent: "aviso/" + version}
	if client.DirectoryURL == "" {
		client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if h.ACMECA != "" {
		text, err := readFile(string(h.ACMECA))
		if err != nil {
			return nil, fmt.Errorf("http.acme_ca: %w", err)
		}
		trusted, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		trusted.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &tls.Config{RootCAs: trusted}
	}
	client.HTTPClient = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	return client, nil
}

// config is the TLS of an HTTPS listener, which answers the directory's
// challenges as well.
func (c *certificates) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1", acme.ALPNProto}}
}

// get is tls.Config.GetCertificate. A client that names nobody, as a probe by
// address does, is shown the first domain's; one that names a host that is not
// ours is shown nothing.
func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	domain := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if domain == "" {
		domain = c.domains[0]
	}
	if !slices.Contains(c.domains, domain) {
		return nil, fmt.Errorf("%q is not in http.acme_domains", domain)
	}
	asked := *hello
	asked.ServerName = domain
	shown, err := c.manager.GetCertificate(&asked)
	switch {
	case err != nil && c.isTimeToTell(domain):
		c.log.Warn("certificate not to be had; its directory must reach port 443 of this name", "domain", domain,
			"directory", c.manager.Client.DirectoryURL, "error", err)
	case err == nil && c.isOverdue(shown.Leaf) && c.isTimeToTell(domain):
		c.log.Warn("certificate not renewed; its directory must reach port 443 of this name", "domain", domain,
			"directory", c.manager.Client.DirectoryURL, "ends", shown.Leaf.NotAfter)
	}
	return shown, err
}

// isOverdue says that a certificate should have been renewed long ago. It is
// renewed when a third of its time is left, and autocert does not say why it
// was not.
func (c *certificates) isOverdue(leaf *x509.Certificate) bool {
	return leaf != nil && leaf.NotAfter.Sub(c.now()) < leaf.NotAfter.Sub(leaf.NotBefore)/6
}

// isTimeToTell keeps clients that try again and again from filling the log.
func (c *certificates) isTimeToTell(domain string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if last, told := c.said[domain]; told && now.Sub(last) < time.Minute {
		return false
	}
	c.said[domain] = now
	return true
}
