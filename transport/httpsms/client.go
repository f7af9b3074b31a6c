package httpsms

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"aviso/transport"
)

// maxBody bounds what is read of an answer, and of a callback.
const maxBody = 64 << 10

// keepIdle is how long an unused connection is kept: less than the minute
// after which servers close theirs, since a POST that crosses such a close is
// Unknown.
const keepIdle = 30 * time.Second

// newClient is a client of its own: no proxy from the environment, which would
// see every text, and no redirects, which would repeat a POST elsewhere. It
// speaks HTTP/1.1, where a connection carries one text at a time, so that one
// that breaks leaves one text unknown.
func (g *Gateway) newClient() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            g.dial,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConns:           g.cfg.MaxConcurrent,
			MaxIdleConnsPerHost:    g.cfg.MaxConcurrent,
			IdleConnTimeout:        keepIdle,
			MaxResponseHeaderBytes: maxBody,
			DisableCompression:     true, // answers are short, and a bound is one
			Protocols:              protocols,
		},
	}
}

// answer is what the gateway said to a POST.
type answer struct {
	status int
	body   []byte // as much as came, at most maxBody
}

// post sends body and returns the answer. An answer whose body breaks off is
// an answer: its status has told.
func (g *Gateway) post(ctx context.Context, path, mediaType string, body *gate) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.cfg.URL+path, body)
	if err != nil {
		return answer{}, err
	}
	r.ContentLength, r.GetBody = body.body.Size(), body.again
	r.SetBasicAuth(g.cfg.Username, g.cfg.Password)
	r.Header.Set("Content-Type", mediaType)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "aviso")
	resp, err := g.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return answer{resp.StatusCode, said}, nil
}

// outcome is what a status means for a text (contract, SMS, sending): after a
// 5xx, or a success that names no message, nobody knows.
func (a answer) outcome() transport.Outcome {
	switch {
	case a.status == http.StatusTooManyRequests:
		return transport.Later
	case a.status >= 500 || a.ok():
		return transport.Unknown
	}
	return transport.Refused
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// words are what the status says, for an answer without any of its own.
func (a answer) words() string {
	if a.ok() {
		return "the gateway answered " + strconv.Itoa(a.status) + " and named no message"
	}
	return strings.TrimSpace("the gateway answered " + strconv.Itoa(a.status) + " " + http.StatusText(a.status))
}

// cause is why there was no answer, for the operator: without the URL, which
// the client's errors begin with and which names the account.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return oneLine(err.Error())
}

// dial counts the connections that are open.
func (g *Gateway) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := g.cfg.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	g.open.Add(1)
	return &counted{Conn: c, gone: func() { g.open.Add(-1) }}, nil
}

type counted struct {
	net.Conn
	once sync.Once
	gone func()
}

func (c *counted) Close() error {
	c.once.Do(c.gone)
	return c.Conn.Close()
}

// maxLine bounds a stranger's words that are kept.
const maxLine = 500

// oneLine makes a stranger's words fit to be stored and shown: valid UTF-8
// without control characters, at most maxLine bytes.
func oneLine(s string) string {
	if len(s) > 4*maxLine {
		s = s[:4*maxLine]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "")
	}
	return strings.TrimSpace(s)
}
