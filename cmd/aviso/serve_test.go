package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/db/dbtest"
)

// watched is a writer that tests wait for lines of.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at each write
}

func newWatched() *watched { return &watched{more: make(chan struct{})} }

// Write implements io.Writer.
func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.more)
	w.more = make(chan struct{})
	return w.text.Write(b)
}

// line blocks until a line holds word, and returns it.
func (w *watched) line(t *testing.T, word string) string {
	t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		w.mu.Lock()
		text, more := w.text.String(), w.more
		w.mu.Unlock()
		for line := range strings.Lines(text) {
			if strings.Contains(line, word) {
				return line
			}
		}
		select {
		case <-more:
		case <-late.C:
			t.Fatalf("nothing said %q; said was:\n%s", word, text)
		}
	}
}

// served is a running server.
type served struct {
	log         *watched
	url, smsURL string
	metrics     string // address
	stop        context.CancelFunc
	ended       chan int // how it ended
}

// listenAnywhere has the configuration's listeners at ports that are free.
func (i *installation) listenAnywhere() {
	i.t.Helper()
	text, err := os.ReadFile(i.file)
	if err != nil {
		i.t.Fatal(err)
	}
	const listeners = `
[http]
listen = "127.0.0.1:0"
[smtp]
listen = ""
[metrics]
listen = "127.0.0.1:0"
[log]
format = "json"
[sms_http]
listen = "127.0.0.1:0"
`
	writeFile(i.t, i.file, strings.Replace(string(text), "[sms_http]\n", listeners, 1))
}

// start runs `aviso serve` in this process.
func (i *installation) start() *served {
	i.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &served{log: newWatched(), stop: stop, ended: make(chan int, 1)}
	go func() { s.ended <- run(ctx, []string{"--config", i.file, "serve"}, world{nil, io.Discard, s.log}) }()
	i.t.Cleanup(stop)
	var said struct {
		URL    string `json:"url"`
		SMSURL string `json:"sms_url"`
	}
	if err := json.Unmarshal([]byte(s.log.line(i.t, "aviso serves")), &said); err != nil {
		i.t.Fatal(err)
	}
	s.url, s.smsURL = said.URL, said.SMSURL
	var metrics struct{ Address string }
	if err := json.Unmarshal([]byte(s.log.line(i.t, `"msg":"metrics"`)), &metrics); err != nil {
		i.t.Fatal(err)
	}
	s.metrics = metrics.Address
	return s
}

// ask makes a request and returns status and body.
func (s *served) ask(t *testing.T, method, address, body string, with map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range with {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(said)
}

// post sends a form.
func (s *served) post(t *testing.T, address string, form url.Values, with map[string]string) (int, string) {
	t.Helper()
	with = maps.Clone(with)
	with["Content-Type"] = "application/x-www-form-urlencoded"
	return s.ask(t, "POST", address, form.Encode(), with)
}

// incoming has Twilio bring a text.
func (s *served) incoming(t *testing.T, form url.Values) {
	t.Helper()
	const path = "/hooks/sms/twilio/inbound"
	status, said := s.post(t, s.url+path, form, map[string]string{"X-Twilio-Signature": signature("https://sms.test"+path, "hunter2", form)})
	if status != 200 {
		t.Errorf("%d %s", status, said)
	}
}

// Texts from the configuration to the end: a text leaves and its receipt comes
// back, another comes in by a signed callback and by the sandbox, the page is
// there, and SIGTERM ends everything well.
func TestServeTexts(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		i := install(t, database)
		i.listenAnywhere()
		i.ok("account", "create", "--email", "ada@x.test")
		var made smsTokenView
		if err := json.Unmarshal([]byte(i.ok("sms", "approve", "--account", "ada@x.test", "--json")), &made); err != nil {
			t.Fatal(err)
		}
		i.ok("shortcode", "add", "order", "--account", "ada@x.test")
		i.ok("gateway", "pause", "twilio")
		s := i.start()
		if s.smsURL != "https://sms.test" {
			t.Errorf("the SMS base URL is %s", s.smsURL)
		}
		token := map[string]string{"Authorization": made.Token}
		status, said := s.post(t, s.url+"/api/messages", url.Values{"recipient": {"+447700900123"}, "content": {"hello"}}, token)
		if status != 200 || !strings.Contains(said, `"status":"sent"`) || !strings.Contains(said, `"provider":{"name":"box"`) {
			t.Errorf("%d %s", status, said)
		}
		s.log.line(t, `"state":"delivered"`)
		in := url.Values{"MessageSid": {"SM1"}, "From": {"+14155551212"}, "To": {"+2899682626"}, "Body": {"order one"}}
		s.incoming(t, in)
		i.ok("sms", "inject", "--from", "+14155551212", "--text", "order two")
		if _, said = s.ask(t, "GET", s.url+"/api/messages", "", token); !strings.Contains(said, `"content":"two"`) || !strings.Contains(said, `"content":"one"`) {
			t.Errorf("%s", said)
		}
		if _, said = s.ask(t, "GET", s.url+"/", "", nil); !strings.HasPrefix(said, "<!doctype html>") {
			t.Errorf("the page is %.100s", said)
		}
		s.stop()
		if code := <-s.ended; code != exitOK {
			t.Errorf("exit %d", code)
		}
		i.ok("ledger", "verify")
	})
}

// signature is Twilio's: the URL, then each field and value by name.
func signature(at, key string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(key))
	_, _ = io.WriteString(mac, at)
	for _, name := range []string{"Body", "From", "MessageSid", "To"} {
		_, _ = io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
