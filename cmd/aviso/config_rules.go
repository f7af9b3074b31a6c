package main

import (
	"crypto/tls"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	number       = regexp.MustCompile(`^\+?[0-9]{3,15}$`)
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._&-]{0,10}$`)
	country      = regexp.MustCompile(`^([A-Z]{2}|\+[1-9][0-9]{0,6})$`)
)

// between wants a whole number from low to high.
func between[N int | int64](k checker, key string, n, low, high N) {
	if n < low || n > high {
		k.fail(key, "%d is out of range; write %d to %d", n, low, high)
	}
}

// duration wants a span from low to high.
func (k checker) duration(key string, d Duration, low, high time.Duration) {
	if time.Duration(d) < low || time.Duration(d) > high {
		k.fail(key, "%s is out of range; write %s to %s", d, Duration(low), Duration(high))
	}
}

// oneOf wants one of a few words.
func (k checker) oneOf(key, value string, words ...string) {
	if !slices.Contains(words, value) {
		last := len(words) - 1
		k.fail(key, "%q is not possible; write %s or %s", value, strings.Join(words[:last], ", "), words[last])
	}
}

// name wants the name of a relay or gateway, which its variables are named
// after, and notes it as taken.
func (k checker) name(key, name string, taken map[string]bool) {
	switch {
	case name == "":
		k.fail(key, "is missing; give it a name, such as \"primary\"")
	case !elementName.MatchString(name):
		k.fail(key, "%q is no name; write lower-case letters and digits, a letter first", name)
	case taken[name]:
		k.fail(key, "%q is taken already; choose another", name)
	}
	taken[name] = true
}

// address wants host:port to listen on.
func (k checker) address(key, address string) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil || !portInRange(port, 0):
		k.fail(key, "%q is no address to listen on; write it like \"localhost:8080\"", address)
	case host != "" && net.ParseIP(host) == nil && !hostname.MatchString(host):
		k.fail(key, "%q is no host to listen on; write a host name, an IP address or nothing before the colon", host)
	}
}

func portInRange(port string, low int) bool {
	n, err := strconv.Atoi(port)
	return err == nil && n >= low && n <= 65535
}

// anyPort says that the system chooses the port.
func anyPort(address string) bool { return strings.HasSuffix(address, ":0") }

// publicURL wants the bare origin that callers use; empty follows the listener.
func (k checker) publicURL(key string, public URL) {
	u, ok := parseURL(public)
	switch {
	case public == "":
	case !ok || !isWeb(u):
		k.fail(key, "is no web address; write it like \"https://mail.example.org\"")
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		k.fail(key, "is more than scheme and host; write it like \"https://mail.example.org\", without a slash at the end")
	}
}

// webURL wants an http or https address without credentials.
func (k checker) webURL(key string, web URL) {
	u, ok := parseURL(web)
	switch {
	case !ok || !isWeb(u):
		k.fail(key, "is no web address; write it like \"https://api.example.org\"")
	case u.User != nil:
		k.fail(key, "holds credentials; move them to the keys meant for them")
	}
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && (u.Port() == "" || portInRange(u.Port(), 1))
}

// parseURL reads a URL. The parser's own error is dropped because it quotes
// the URL with what is secret in it.
func parseURL(u URL) (*url.URL, bool) {
	parsed, err := url.Parse(string(u))
	return parsed, err == nil
}

// hostOf is the host of a base URL, without its port.
func hostOf(base string) string {
	u, ok := parseURL(URL(base))
	if !ok {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// isPlainAbroad says that a base URL is http and not of this machine.
func isPlainAbroad(base string) bool {
	return strings.HasPrefix(base, "http://") && !isLoopback(hostOf(base))
}

// isLoopback says that a host is this machine, by a name that no other knows.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

// certificate wants a pair of PEM files that belong together, or none.
func (k checker) certificate(section string, cert, key Path) {
	certKey, keyKey := section+".tls_cert", section+".tls_key"
	if cert == "" && key == "" {
		return
	}
	if cert == "" || key == "" {
		k.failAny([]string{certKey, keyKey}, "tls_cert and tls_key go together; set both or neither")
		return
	}
	certPEM, certErr := readFile(string(cert))
	if certErr != nil {
		k.fail(certKey, "%s %s; make the file readable or correct the path", cert, certErr)
	}
	keyPEM, keyErr := readFile(string(key))
	if keyErr != nil {
		k.fail(keyKey, "%s %s; make the file readable or correct the path", key, keyErr)
	}
	if certErr != nil || keyErr != nil {
		return
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		k.fail(certKey, "cannot be used with tls_key (%s); give the PEM files of one certificate and its key", strings.TrimPrefix(err.Error(), "tls: "))
	}
}

// masks warns of secrets that a printed configuration was loaded with.
func (k checker) masks(c *Config) {
	for leaf := range leaves(reflect.ValueOf(c).Elem(), "") {
		if secret, ok := leaf.value.Interface().(Secret); ok && secret == mask {
			k.warn(leaf.key, "is the mask of a printed configuration; write the secret itself")
		}
	}
}
