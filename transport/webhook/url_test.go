package webhook

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestCheckURL(t *testing.T) {
	c := New(Config{Allow: prefixes("10.1.0.0/16", "127.0.0.0/8"), OwnPorts: func() []uint16 { return []uint16{8080} }})
	long := "https://example.com/" + strings.Repeat("a", maxURL-len("https://example.com/"))
	for raw, want := range map[string]error{
		"https://example.com":                         nil,
		"HTTPS://Example.com:8443/a?b=c":              nil,
		"http://10.1.2.3/hook":                        nil,
		"http://127.0.0.1:8081/":                      nil,
		"http://localhost/":                           nil,
		"https://example.com:65535":                   nil,
		long:                                          nil,
		long + "a":                                    errLong,
		"":                                            errScheme,
		"example.com":                                 errScheme,
		"//example.com":                               errScheme,
		"ftp://example.com":                           errScheme,
		"file:///etc/passwd":                          errScheme,
		"gopher://example.com":                        errScheme,
		"unix:///run/x":                               errScheme,
		"javascript:alert(1)":                         errScheme,
		"https:example.com":                           errNoHost,
		"https://":                                    errNoHost,
		"https:///hook":                               errNoHost,
		"https://:443/":                               errNoHost,
		"https://[]/":                                 errNoURL,
		"https://user@example.com":                    errUser,
		"https://user:secret@example.com":             errUser,
		"https://@example.com":                        errUser,
		"https://example.com@10.0.0.1/":               errUser,
		"https://example.com/#":                       errFragment,
		"https://example.com/#a":                      errFragment,
		"https://example.com#@10.0.0.1":               errFragment,
		"https://example.com:0":                       errPort,
		"https://example.com:":                        errPort,
		"https://example.com:65536":                   errPort,
		"https://example.com:99999999999999999999":    errPort,
		"https://example.com:80a":                     errNoURL,
		"https://example.com:-1":                      errNoURL,
		"https://exa mple.com":                        errNoURL,
		"https://example.com/\n":                      errNoURL,
		"https://example.com\x00":                     errNoURL,
		" https://example.com":                        errNoURL,
		"https://%31%32%37.0.0.1/":                    errNoURL,
		"https://[::1/":                               errNoURL,
		"https://a..b":                                errHost,
		"https://.":                                   errHost,
		"https://-a.example":                          errHost,
		"https://a-.example":                          errHost,
		"https://" + strings.Repeat("a", 64):          errHost,
		"https://" + strings.Repeat("a.", 127) + "ab": errHost,
		"https://a!b.example":                         errHost,
		"https://[10.1.2.3]":                          errNoURL,
		"https://10.1.2":                              errOddNumber,
		"https://0x0a010203":                          errOddNumber,
		"https://[::ffff:10.1.2.3]":                   errOddNumber,
		"http://10.2.0.1":                             errNotPublic,
		"http://[::1]":                                errNotPublic,
		"http://127.0.0.1:8080":                       errOurs,
		"http://localhost:8080/":                      errOurs,
	} {
		if err := c.CheckURL(raw); err != want {
			t.Errorf("%q: %v, not %v", raw, err, want)
		}
	}
}

// What can be saved leads to a host by name, or to an address that may be
// dialled, and the standard library reads it in the same way.
func FuzzCheckURL(f *testing.F) {
	for _, host := range append(append([]string{"example.com", "xn--fsq.example"}, spellings...), inside...) {
		f.Add("http://" + host)
		f.Add("https://[" + host + "]:8080/a?b#c")
		f.Add("http://user:secret@" + host + ":0/")
	}
	c := New(Config{})
	f.Fuzz(func(t *testing.T, raw string) {
		err := c.CheckURL(raw)
		if err != nil {
			if said := err.Error(); said == "" || strings.Contains(said, "\n") || len(raw) > 20 && strings.Contains(said, raw) {
				t.Errorf("%q: %q", raw, said)
			}
			return
		}
		request, err := http.NewRequest(http.MethodPost, raw, nil)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		u := request.URL
		if u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(raw) > maxURL {
			t.Errorf("%q is taken", raw)
		}
		host, err := ascii(u.Hostname())
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if ip, err := netip.ParseAddr(strings.TrimSuffix(host, ".")); err == nil && c.guard.checkIP(ip) != nil {
			t.Errorf("%q is taken", raw)
		}
		if again, err := url.Parse(u.String()); err != nil || again.Hostname() != u.Hostname() || again.Port() != u.Port() {
			t.Errorf("%q is %q to others", raw, u)
		}
	})
}
