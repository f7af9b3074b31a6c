package main

import (
	"crypto/x509"
	"net"
	"net/mail"
	"slices"
	"strings"
)

// acme wants host names that certificates can be had for, and a listener that
// callers reach under one of them.
func (k checker) acme(c *Config) {
	h := &c.HTTP
	if len(h.ACMEDomains) == 0 {
		if h.ACMEEmail != "" || h.ACMEDirectory != "" || h.ACMECA != "" {
			k.warn("http.acme_domains", "is empty, so that no certificate is fetched and the other acme_ settings do nothing")
		}
		return
	}
	if h.TLSCert != "" {
		k.fail("http.acme_domains", "is set beside tls_cert; keep one of the two")
	}
	for _, domain := range h.ACMEDomains {
		switch {
		case net.ParseIP(domain) != nil:
			k.fail("http.acme_domains", "%q is an address, and certificates are for names; write names such as \"mail.example.org\"", domain)
		case !hostname.MatchString(domain) || !strings.Contains(domain, "."):
			k.fail("http.acme_domains", "%q is no host name; write names such as \"mail.example.org\"", domain)
		}
	}
	k.certified("http.public_url", c.HTTP.PublicURL, h.ACMEDomains)
	k.certified("sms_http.public_url", c.SMSHTTP.PublicURL, h.ACMEDomains)
	if h.ACMEEmail != "" && !isMailbox(h.ACMEEmail) {
		k.fail("http.acme_email", "is no email address; write it like \"you@example.org\"")
	}
	if h.ACMEDirectory != "" {
		k.webURL("http.acme_directory", h.ACMEDirectory)
		if u, ok := parseURL(h.ACMEDirectory); ok && u.Scheme == "http" { // RFC 8555, section 6.1
			k.fail("http.acme_directory", "is http, and the protocol is for https alone; write https")
		}
	}
	if h.ACMECA != "" {
		text, err := readFile(string(h.ACMECA))
		switch {
		case err != nil:
			k.fail("http.acme_ca", "%s %s; make the file readable or correct the path", h.ACMECA, err)
		case !x509.NewCertPool().AppendCertsFromPEM(text):
			k.fail("http.acme_ca", "%s holds no certificate; give a PEM file", h.ACMECA)
		}
	}
}

// certified wants a public URL that the certificates are good for. One that
// follows the listener follows the names as well.
func (k checker) certified(key string, public URL, domains []string) {
	u, ok := parseURL(public)
	switch {
	case public == "" || !ok || !isWeb(u): // which publicURL speaks of
	case u.Scheme != "https":
		k.fail(key, "is http, and with acme_domains the listener speaks TLS; write https")
	case !slices.ContainsFunc(domains, func(domain string) bool { return strings.EqualFold(domain, u.Hostname()) }):
		k.fail(key, "%s is not in acme_domains, so that there would be no certificate for it; add it there", u.Hostname())
	}
}

func isMailbox(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address
}
