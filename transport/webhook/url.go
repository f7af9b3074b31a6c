package webhook

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL is the longest URL in bytes, which servers agree on more or less.
const maxURL = 2048

// What is wrong with a URL. None of them quotes it: it may hold a secret.
var (
	errNoURL     = errors.New("it is not a URL; write it like https://example.com/hook")
	errLong      = errors.New("it is longer than 2048 bytes")
	errScheme    = errors.New("it must begin with https:// or http://")
	errUser      = errors.New("it holds a user or a password; leave them out, the secret is in the body")
	errFragment  = errors.New("it holds a #, and nothing after that would be sent; leave it out")
	errNoHost    = errors.New("it names no host; write it like https://example.com/hook")
	errHost      = errors.New("its host is no host name; write letters, digits and dashes, such as example.com")
	errPort      = errors.New("its port must be 1 to 65535")
	errOddNumber = errors.New("its host is an address in an unusual form; write it like 198.51.100.7 or, better, the host's name")
)

// CheckURL says why a URL may not be pushed to, as far as it can be seen without
// looking its host up: for who is about to save it. Names are judged by their
// addresses, when they are dialled. The error is a sentence without its
// beginning and end, and never quotes the URL.
func (c *Client) CheckURL(raw string) error {
	if len(raw) > maxURL {
		return errLong
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errNoURL // the parser's own error quotes the URL
	case u.Scheme != "http" && u.Scheme != "https":
		return errScheme
	case u.User != nil:
		return errUser
	case strings.Contains(raw, "#"):
		return errFragment
	case u.Hostname() == "":
		return errNoHost
	}
	port, err := portOf(u)
	if err != nil {
		return err
	}
	return c.checkHost(u, port)
}

// portOf is the port that a URL leads to.
func portOf(u *url.URL) (uint16, error) {
	text := u.Port()
	switch {
	case text == "" && strings.HasSuffix(u.Host, ":"):
		return 0, errPort
	case text == "" && u.Scheme == "https":
		return 443, nil
	case text == "":
		return 80, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, errPort
	}
	return uint16(n), nil
}

func (c *Client) checkHost(u *url.URL, port uint16) error {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(host)
		switch {
		case err != nil:
			return errHost
		case ip.Is4In6():
			return errOddNumber
		}
		return c.guard.check(netip.AddrPortFrom(ip, port))
	}
	host, err := ascii(host)
	if err != nil {
		return errHost
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if endsInNumber(host) { // whoever resolves this may take it for an address
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.Is4() {
			return errOddNumber
		}
		return c.guard.check(netip.AddrPortFrom(ip, port))
	}
	if !isName(host) {
		return errHost
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, section 6.3
		return c.guard.check(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	}
	return nil
}

// ascii is the host as it is looked up and dialled. The mapping turns digits and
// dots of other scripts into ours, so that it comes before all other rules.
func ascii(host string) (string, error) {
	for i := range len(host) {
		if host[i] >= 0x80 {
			return idna.Lookup.ToASCII(host)
		}
	}
	return host, nil
}

// endsInNumber says whether a host would be read as an IPv4 address by those who
// take shortened, octal and hexadecimal ones: the WHATWG's rule for URLs.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, isHex := strings.CutPrefix(last, "0x"); isHex {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// isName says whether a host in ASCII and lower case can be looked up. An
// underscore is in no host's name by the RFCs, and in many a container's.
func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
