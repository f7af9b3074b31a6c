package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// The relay and the message centre understand each other, and every text that
// was answered has arrived.
func TestBareSMSReachesTheMessageCentre(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var taken atomic.Int64
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if conn, err := l.Accept(); err == nil {
			serveSMSC(conn, &taken)
		}
	}()
	b, err := dialSMSC(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	call := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, textPath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		return w
	}
	for n := range 3 {
		if w := call(string(textBody())); w.Code != http.StatusOK || taken.Load() != int64(n+1) {
			t.Errorf("%d %s; %d taken", w.Code, w.Body, taken.Load())
		}
	}
	if w := call("recipient=%2B44"); w.Code != http.StatusBadRequest || taken.Load() != 3 {
		t.Errorf("%d; %d taken", w.Code, taken.Load())
	}
	b.conn.Close()
	<-gone
	if w := call(string(textBody())); w.Code != http.StatusInternalServerError {
		t.Errorf("without a message centre: %d", w.Code)
	}
}

// A submit_sm as SMPP 3.4, 4.4.1, lays it out.
func TestSubmitBody(t *testing.T) {
	want := "\x00" + "\x01\x0128\x00" + "\x01\x01447\x00" + "\x00\x00\x00" + "\x00" + "\x00" + "\x01\x00\x00\x00" + "\x02hi"
	if got := submitBody("28", "447", "hi"); string(got) != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// Texts are called for as the contract has it: a form, and the raw token.
func TestTextRequests(t *testing.T) {
	calls, err := newRequests("http://127.0.0.1:1"+textPath, []string{"first", "second"})
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := bytes.Cut(calls.appendTo(nil, 1234567), []byte("\r\n\r\n"))
	if !bytes.HasSuffix(head, []byte("\r\nAuthorization: second")) || !bytes.Contains(head, []byte("Content-Type: application/x-www-form-urlencoded\r\n")) {
		t.Errorf("call 1234567 has the head %q", head)
	}
	form, err := url.ParseQuery(string(body))
	if content := form.Get("content"); err != nil || form.Get("recipient") != "+440001234567" || !strings.Contains(content, "0001234567") || len(content) > 160 {
		t.Errorf("%v %v", form, err)
	}
}
