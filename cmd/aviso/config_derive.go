package main

import (
	"net"
	"strconv"
	"strings"
)

// sqlitePath is the file of an embedded database; false means PostgreSQL.
func (d DatabaseConfig) sqlitePath() (string, bool) {
	return strings.CutPrefix(string(d.URL), sqliteScheme)
}

// tls says whether the HTTP listeners speak TLS: with a certificate of the
// operator's or one they fetch themselves. Both listeners use the same.
func (h HTTPConfig) tls() bool { return h.TLSCert != "" || len(h.ACMEDomains) > 0 }

// httpURL is the base URL of the dashboard and the email API, without a slash
// at its end: the configured one, or else that of addr, which is the listen
// with the port it came to.
func (c *Config) httpURL(addr string) string {
	return c.HTTP.baseURL(c.HTTP.PublicURL, addr)
}

// smsURL is the same for the SMS API.
func (c *Config) smsURL(addr string) string {
	return c.HTTP.baseURL(c.SMSHTTP.PublicURL, addr)
}

// oneListener says that email and SMS share one listener and are told apart
// by the Host header.
func (c *Config) oneListener() bool {
	// Port 0 is a port of its own each time.
	return c.HTTP.Listen == c.SMSHTTP.Listen && !strings.HasSuffix(c.HTTP.Listen, ":0")
}

func (h HTTPConfig) baseURL(public URL, addr string) string {
	if public != "" {
		return string(public)
	}
	scheme, usual := "http", "80"
	if h.tls() {
		scheme, usual = "https", "443"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return scheme + "://" + addr
	}
	// An address that means every interface is nobody's to call.
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	if len(h.ACMEDomains) > 0 {
		host = h.ACMEDomains[0] // nobody certifies an address
	}
	if port != usual {
		return scheme + "://" + net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host
}

// callbackURL is where a gateway that speaks HTTP calls us back, without the
// end that says what about. It is empty when nobody else can reach it: gateways
// refuse to be told such URLs.
func (c *Config) callbackURL(gateway string) string {
	base := c.smsURL(c.SMSHTTP.Listen)
	if isLoopback(hostOf(base)) {
		return ""
	}
	return base + "/hooks/sms/" + gateway
}

// ownPorts are the ports that a server with this configuration listens on, but
// for those that the system chooses.
func (c *Config) ownPorts() (ports []uint16) {
	for _, address := range []string{c.HTTP.Listen, c.SMSHTTP.Listen, c.SMTP.Listen, c.SMTP.TLSListen, c.Metrics.Listen} {
		_, port, err := net.SplitHostPort(address)
		if n, bad := strconv.ParseUint(port, 10, 16); err == nil && bad == nil && n != 0 {
			ports = append(ports, uint16(n))
		}
	}
	return ports
}
