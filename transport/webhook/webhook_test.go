package webhook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loopback is a client that may push to this machine.
func loopback(c Config) *Client {
	c.Allow = prefixes("127.0.0.0/8", "::1/128")
	return New(c)
}

// endpoint is a customer's server.
func endpoint(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// raw is an endpoint that speaks with each connection as it likes, after it has
// read a request. It counts the requests.
func raw(t *testing.T, speak func(net.Conn)) (url string, requests *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int32)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				request, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body)
				requests.Add(1)
				speak(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return "http://" + l.Addr().String() + "/?secret", requests
}

func TestPush(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9") // which would be asked for all but loopback addresses
	_, resolver := serveNames(t, func(string, int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	body := []byte(`{"sender":"+14155550100","auth":"s","shortcode":"order","messageContent":"<&>"}`)
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("the body is %q, %v", got, err)
		}
		if r.Method != http.MethodPost || r.URL.String() != "/a%20b?c=d&e" || r.Proto != "HTTP/1.1" {
			t.Errorf("the request is %s %s %s", r.Method, r.URL, r.Proto)
		}
		want := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Aviso"}, "Content-Length": {fmt.Sprint(len(body))}, "Connection": {"close"}}
		if fmt.Sprint(r.Header) != fmt.Sprint(want) {
			t.Errorf("the header is %v", r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "thanks")
	}))
	s.EnableHTTP2 = true
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(s.Certificate())
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := loopback(Config{RootCAs: trusted, Resolver: resolver})
	for range 2 {
		report := c.Push(t.Context(), "https://example.com:"+port+"/a%20b?c=d&e", body)
		if report.Status != http.StatusAccepted || string(report.Answer) != "thanks" || report.Error != "" || report.Duration <= 0 {
			t.Errorf("%+v", report)
		}
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections for two pushes", n)
	}
}

// What nobody configures: ten seconds, and no proxy. A process asks its
// environment for proxies only once, so that one which is set here may be too
// late to be noticed.
func TestUnconfigured(t *testing.T) {
	if c := New(Config{}); c.lasts != 10*time.Second || c.wire.Proxy != nil {
		t.Errorf("a push lasts %s; a proxy is asked for: %t", c.lasts, c.wire.Proxy != nil)
	}
}

func TestRedirectIsAnAnswer(t *testing.T) {
	canary := newCanary(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"http://127.0.0.1:" + canary.port + "/", "//[::1]:" + canary.port, "/again"} {
			visits := 0
			s := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				visits++
				w.Header().Set("Location", to)
				w.WriteHeader(status)
			})
			if report := loopback(Config{}).Push(t.Context(), s.URL, nil); report.Status != status || report.Error != "" || visits != 1 {
				t.Errorf("%d to %s: %+v after %d visits", status, to, report, visits)
			}
		}
	}
	if canary.sings(t) {
		t.Error("a redirect was followed")
	}
}

// However an answer is made, it ends, and what was read of it is kept.
func TestAnswers(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	for name, test := range map[string]struct {
		answer string
		hang   bool
		status int
		body   string
		error  string
	}{
		"as it should be":    {answer: head + "hello", status: 200, body: "hello"},
		"an error":           {answer: "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", status: 500, body: "no"},
		"a status of theirs": {answer: "HTTP/1.1 299 Yes\r\n\r\n", status: 299},
		"broken off":         {answer: head + "he", status: 200, body: "he"},
		"never ending":       {answer: head + "he", hang: true, status: 200, body: "he"},
		"silence":            {hang: true, error: "there was no answer in time"},
		"half a head":        {answer: "HTTP/1.1 200 OK\r\nX: ", hang: true, error: "there was no answer in time"},
		"switching":          {answer: "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello", hang: true, status: 101},
		"continue":           {answer: "HTTP/1.1 100 Continue\r\n\r\n" + head + "hello", status: 200, body: "hello"},
		"only continue":      {answer: strings.Repeat("HTTP/1.1 103 Early\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n", 1000), hang: true, error: "its host gave no answer that could be understood"},
		"nothing":            {error: "the connection broke off before there was an answer"},
		"another language":   {answer: "220 mail.example ESMTP secret\r\n", error: "its host gave no answer that could be understood"},
		"a huge head":        {answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", headerBytes) + "\r\n\r\n", error: "its host gave no answer that could be understood"},
		"a packed body":      {answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", status: 200, body: "\x1f\x8b\x08"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // what hangs takes the time it is given
			over := make(chan struct{})
			url, requests := raw(t, func(c net.Conn) {
				_, _ = io.WriteString(c, test.answer)
				if test.hang {
					<-over
				}
			})
			report := loopback(Config{Lasts: 2 * time.Second}).Push(t.Context(), url, []byte("{}"))
			close(over)
			if report.Status != test.status || string(report.Answer) != test.body || report.Error != test.error {
				t.Errorf("%d %q %q", report.Status, report.Answer, report.Error)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A body without end costs 64 KiB and the time there is.
func TestHugeAndSlowBodies(t *testing.T) {
	written := make(chan int, 1)
	huge := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		n, err := 0, error(nil)
		for chunk := make([]byte, 4096); err == nil && n < 1<<30; n += len(chunk) {
			_, err = w.Write(chunk)
		}
		written <- n
	})
	report := loopback(Config{}).Push(t.Context(), huge.URL, nil)
	if report.Status != 200 || len(report.Answer) != 65536 || report.Error != "" {
		t.Errorf("%d, %d bytes, %q", report.Status, len(report.Answer), report.Error)
	}
	if n := <-written; n >= 1<<30 {
		t.Errorf("%d bytes were taken", n)
	}
	drips := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, ".")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Millisecond):
			}
		}
	})
	report = loopback(Config{Lasts: 2 * time.Second}).Push(t.Context(), drips.URL, nil)
	if report.Status != 200 || len(report.Answer) == 0 || report.Error != "" {
		t.Errorf("%+v", report)
	}
}

func TestCancelledPush(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	ctx, cancel := context.WithCancel(t.Context())
	url, requests := raw(t, func(net.Conn) { cancel(); <-over })
	c := loopback(Config{})
	if report := c.Push(ctx, url, []byte("{}")); report.Status != 0 || report.Error != "the server stopped before there was an answer" {
		t.Errorf("%+v", report)
	}
	if report := c.Push(ctx, url, []byte("{}")); report.Status != 0 || report.Error == "" {
		t.Errorf("begun after its end: %+v", report)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestTLSFailures(t *testing.T) {
	visits := atomic.Int32{}
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) })
	secure := func(config *tls.Config) *httptest.Server {
		s := httptest.NewUnstartedServer(handler)
		s.TLS, s.Config.ErrorLog = config, log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	ordinary := secure(nil)
	trusted := x509.NewCertPool()
	trusted.AddCert(ordinary.Certificate())
	_, resolver := serveNames(t, func(string, int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	_, port, err := net.SplitHostPort(ordinary.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	plain := endpoint(t, handler)
	for name, test := range map[string]struct {
		url   string
		roots *x509.CertPool
		want  string
	}{
		"nobody we trust":     {ordinary.URL, nil, "its certificate is not valid: x509: certificate signed by unknown authority"},
		"another name":        {"https://other.test:" + port, trusted, "its certificate is not valid: x509: certificate is valid for example.com, *.example.com, not other.test"},
		"no TLS":              {strings.Replace(plain.URL, "http", "https", 1), trusted, "its host does not speak TLS at this port"},
		"old TLS":             {secure(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}).URL, trusted, "its host did not agree to TLS"},
		"wants a certificate": {secure(&tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}).URL, trusted, "its host did not agree to TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			report := loopback(Config{RootCAs: test.roots, Resolver: resolver}).Push(t.Context(), test.url+"/?secret", nil)
			if report.Status != 0 || report.Error != test.want {
				t.Errorf("%+v", report)
			}
		})
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if report := loopback(Config{}).Push(t.Context(), "http://"+l.Addr().String()+"/?secret", nil); report.Error != "its host refused the connection" {
		t.Errorf("%+v", report)
	}
	silent := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("10.9.8.7 is down") }}
	if report := New(Config{Resolver: silent}).Push(t.Context(), "http://a.example/?secret", nil); report.Error != "its host name could not be looked up" {
		t.Errorf("%+v", report)
	}
}

// What was saved under other rules is checked again.
func TestPushChecksTheURL(t *testing.T) {
	s := endpoint(t, func(http.ResponseWriter, *http.Request) { t.Error("it was pushed") })
	url := strings.Replace(s.URL, "http://", "http://user:secret@", 1)
	if report := loopback(Config{}).Push(t.Context(), url, nil); report.Status != 0 || report.Error != errUser.Error() {
		t.Errorf("%+v", report)
	}
}

// A certificate may hold what its owner likes.
func TestLine(t *testing.T) {
	if got := line("a\nb\x00\u2028" + strings.Repeat("c", 1000)); !strings.HasPrefix(got, "a?b??cc") || len(got) != 300 {
		t.Errorf("%q", got)
	}
}
