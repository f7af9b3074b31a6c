package submission_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// client is one connection, spoken over line by line.
type client struct {
	t     testing.TB
	roots func() *tls.Config
	conn  net.Conn
	r     *bufio.Reader
}

// dial connects in clear.
func (h *house) dial(t testing.TB) *client {
	t.Helper()
	return h.dialFrom(t, "127.0.0.1")
}

// dialFrom connects from another address of the loopback.
func (h *house) dialFrom(t testing.TB, address string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	conn, err := d.Dial("tcp", h.starttls)
	if err != nil {
		t.Fatal(err)
	}
	return h.client(t, conn)
}

func (h *house) client(t testing.TB, conn net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{t: t, roots: func() *tls.Config { return &tls.Config{RootCAs: h.roots, ServerName: "127.0.0.1"} }, conn: conn, r: bufio.NewReader(conn)}
}

// encrypted connects with TLS from the first byte and says EHLO.
func (h *house) encrypted(t testing.TB) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", h.implicit, patience)
	if err != nil {
		t.Fatal(err)
	}
	c := h.client(t, conn)
	c.encrypt()
	c.expect("220 mail.test ESMTP")
	c.do("EHLO client.test", "250 AUTH PLAIN LOGIN")
	return c
}

// encrypt begins TLS on the connection.
func (c *client) encrypt() {
	c.t.Helper()
	t := tls.Client(c.conn, c.roots())
	if err := t.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = t, bufio.NewReader(t)
}

// login connects and authenticates.
func (c *customer) login(t testing.TB) *client {
	t.Helper()
	s := c.encrypted(t)
	s.do("AUTH PLAIN "+plain(c.token), "235 2.7.0 Welcome")
	return s
}

// plain is the answer to AUTH PLAIN.
func plain(password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00user\x00" + password))
}

// write sends text as it is.
func (c *client) write(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// reply reads one reply, all its lines.
func (c *client) reply() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("no reply after %q: %v", all.String(), err)
		}
		all.WriteString(line)
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimSuffix(all.String(), "\r\n")
		}
	}
}

// expect reads one reply, whose last line must begin as wanted.
func (c *client) expect(want string) string {
	c.t.Helper()
	got := c.reply()
	last := got[strings.LastIndexByte(got, '\n')+1:]
	if !strings.HasPrefix(last, want) {
		c.t.Fatalf("got %q, want %q", got, want)
	}
	return got
}

// do says a line and expects a reply.
func (c *client) do(line, want string) string {
	c.t.Helper()
	c.write(line + "\r\n")
	return c.expect(want)
}

// closed expects that the server has hung up.
func (c *client) closed() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Errorf("the connection is not closed: %q, %v", rest, err)
	}
}

// envelope opens a transaction up to the 354.
func (c *client) envelope(from string, to ...string) {
	c.t.Helper()
	c.do("MAIL FROM:<"+from+">", "250 2.1.0")
	for _, address := range to {
		c.do("RCPT TO:<"+address+">", "250 2.1.5")
	}
	c.do("DATA", "354 ")
}

// send sends a message whose lines are those of text, and returns the reply.
func (c *client) send(from string, to []string, text string) string {
	c.t.Helper()
	c.envelope(from, to...)
	c.write(stuffed(crlf(text)) + ".\r\n")
	return c.reply()
}

// crlf makes every line of a test's text end as it has to.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// stuffed doubles the dots at the beginning of lines.
func stuffed(text string) string {
	if strings.HasPrefix(text, ".") {
		text = "." + text
	}
	return strings.ReplaceAll(text, "\r\n.", "\r\n..")
}

// converse plays a transcript: "C: " is said, "S: " is expected; an ellipsis at
// the end of a line stands for anything.
func (c *client) converse(transcript string) {
	c.t.Helper()
	for line := range strings.Lines(transcript) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "C: "):
			c.write(line[3:] + "\r\n")
		case strings.HasPrefix(line, "S: "):
			got, err := c.r.ReadString('\n')
			got = strings.TrimSuffix(got, "\r\n")
			if want, any := strings.CutSuffix(line[3:], "…"); err != nil || got != want && !(any && strings.HasPrefix(got, want)) {
				c.t.Fatalf("got %q, %v, want %q", got, err, line[3:])
			}
		case line == "TLS":
			c.encrypt()
		case line == "END":
			c.closed()
		case line != "":
			panic(fmt.Sprintf("no line of a transcript: %q", line))
		}
	}
}

// encoded is an answer to AUTH LOGIN.
func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
