package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	sendPath   = "/api/v1/email/send"
	mailDomain = "bench.example"
	// callTimeout is above the ten seconds in which every call is answered.
	callTimeout = 30 * time.Second
)

// requests are the calls of a run as bytes, made once: net/http's client would
// cost the two cores more than the servers it is to measure do.
type requests struct {
	addr    string
	heads   [][]byte // one for each key, used in turn
	body    []byte
	numbers []int // where in body the message's number goes
}

// numberMark is replaced in every message by its number, in as many digits.
const numberMark = "@@NUMBER@@"

// newRequests prepares calls of a URL; with no keys they bear none.
func newRequests(rawURL string, keys []string) (*requests, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	r := &requests{addr: u.Host}
	kind, scheme := "application/json", "Bearer "
	if u.Path == textPath {
		r.body, kind, scheme = textBody(), "application/x-www-form-urlencoded", "" // the contract's raw token
	} else if r.body, err = sendBody(); err != nil {
		return nil, err
	}
	for at := 0; ; at += len(numberMark) {
		next := bytes.Index(r.body[at:], []byte(numberMark))
		if next < 0 {
			break
		}
		at += next
		r.numbers = append(r.numbers, at)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n",
		u.RequestURI(), u.Host, kind, len(r.body))
	for _, key := range keys {
		r.heads = append(r.heads, []byte(head+"Authorization: "+scheme+key+"\r\n\r\n"))
	}
	if len(keys) == 0 {
		r.heads = [][]byte{[]byte(head + "\r\n")}
	}
	return r, nil
}

// sendBody is the call everybody gets: one recipient, 2,048 bytes of HTML.
func sendBody() ([]byte, error) {
	const size, end = 2048, "</body></html>\n"
	var html strings.Builder
	html.WriteString("<html><body><h1>Order " + numberMark + "</h1>\n")
	for i := 0; html.Len() < size-100; i++ {
		fmt.Fprintf(&html, "<p>Line %03d of a transactional message body.</p>\n", i)
	}
	html.WriteString(strings.Repeat(" ", size-len(end)-html.Len()) + end)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // as a browser's JSON.stringify would write it
	err := enc.Encode(map[string]any{
		"to":      []string{"customer@example.com"},
		"subject": "Order " + numberMark,
		"html":    html.String(),
	})
	return bytes.TrimSpace(body.Bytes()), err
}

// appendTo appends call i to dst.
func (r *requests) appendTo(dst []byte, i int) []byte {
	head := r.heads[i%len(r.heads)]
	dst = append(append(dst, head...), r.body...)
	for _, at := range r.numbers {
		digits := dst[len(head)+at:][:len(numberMark)]
		for j, v := len(digits)-1, i; j >= 0; j, v = j-1, v/10 {
			digits[j] = byte('0' + v%10)
		}
	}
	return dst
}

// caller is one kept connection, with one call on it at a time.
type caller struct {
	net.Conn
	calls *requests
	r     *bufio.Reader
	buf   []byte
}

func dialCaller(calls *requests) (*caller, error) {
	conn, err := net.DialTimeout("tcp", calls.addr, callTimeout)
	if err != nil {
		return nil, err
	}
	return &caller{Conn: conn, calls: calls, r: bufio.NewReader(conn)}, nil
}

// call implements conversation.
func (c *caller) call(i int) (status int, err error) {
	if err := c.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return 0, err
	}
	c.buf = c.calls.appendTo(c.buf[:0], i)
	if _, err := c.Write(c.buf); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("no status line: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil || status < 100 {
		return 0, fmt.Errorf("no status line: %q", line)
	}
	return status, c.skipAnswer()
}

// errClosing comes with the status of an answer that is the connection's last.
var errClosing = errors.New("the server closes the connection")

// skipAnswer reads the answer's header and body, and keeps nothing of them.
func (c *caller) skipAnswer() error {
	length, chunked, closing := 0, false, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 0:
			if err := c.skipBody(length, chunked); err != nil {
				return err
			}
			if closing {
				return errClosing
			}
			return nil
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			closing = bytes.EqualFold(value, []byte("close"))
		}
	}
}

func (c *caller) skipBody(length int, chunked bool) error {
	if !chunked {
		_, err := c.r.Discard(length)
		return err
	}
	if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(c.r)); err != nil {
		return err
	}
	_, err := c.r.Discard(len("\r\n")) // the empty trailer
	return err
}
