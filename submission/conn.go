package submission

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	// maxCommand is how long a command may be with its CRLF: RFC 5321's 512
	// bytes and as many for parameters (section 4.1.1.11), which an AUTH with
	// our keys keeps as well.
	maxCommand = 1024
	// maxSkipped is how much of a longer one is read over before the client is
	// given up.
	maxSkipped = 64 << 10
	// writeTimeout is how long a client may take no reply.
	writeTimeout = 30 * time.Second
)

// Lines that are refused, after which the session goes on.
var (
	errLongLine = errors.New("a command may have 1,024 bytes")
	errLineEnds = errors.New("commands are lines of text that end with CRLF")
)

// conn is the wire: lines in, replies out. Replies are written when the client
// has said all it had to say, so that a pipelined group has one answer.
type conn struct {
	address netip.Prefix
	raw     net.Conn
	net     net.Conn // raw, or TLS on top of it
	r       *bufio.Reader
	w       *bufio.Writer
	secure  bool

	mu      sync.Mutex
	idle    time.Duration
	until   time.Time // when the session is over at the latest
	goodbye *reply    // set once it has to end
}

func newConn(c net.Conn, idle time.Duration, until time.Time) *conn {
	w := &conn{address: addressOf(c), raw: c, net: c, idle: idle, until: until}
	w.r, w.w = bufio.NewReader(w), bufio.NewWriter(w)
	return w
}

// Read reads what the client says next; the buffer's source.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.w.Flush(); err != nil {
		return 0, err
	}
	if err := c.arm(); err != nil {
		return 0, err
	}
	return c.net.Read(p)
}

// Write writes replies; the buffer's sink.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.raw.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.net.Write(p)
}

// arm sets how long the next read may take, unless the session has to end.
func (c *conn) arm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.goodbye != nil {
		return net.ErrClosed
	}
	deadline := time.Now().Add(c.idle)
	if c.until.Before(deadline) {
		deadline = c.until
	}
	return c.raw.SetReadDeadline(deadline)
}

// trust gives a client the time of one that has shown a key.
func (c *conn) trust(idle time.Duration, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle, c.until = idle, until
}

// end has the session end with r as soon as it waits for the client. It may be
// called by anybody, and the first word stands.
func (c *conn) end(r reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.goodbye == nil {
		c.goodbye = &r
		// What is being read ends; an error means that it has ended already.
		_ = c.raw.SetReadDeadline(time.Unix(1, 0))
	}
}

// ended says whether the session has to end.
func (c *conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.goodbye != nil
}

// parting is what a client is told whose words could not be read.
func (c *conn) parting(err error) (r reply, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var timeout net.Error
	switch {
	case c.goodbye != nil:
		return *c.goodbye, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return replyIdle, true
	}
	return reply{}, false
}

// say writes a reply, in as many lines as its text has.
func (c *conn) say(r reply) {
	lines := strings.Split(r.text, "\n")
	for i, line := range lines {
		c.w.Write([]byte{byte('0' + r.code/100%10), byte('0' + r.code/10%10), byte('0' + r.code%10), " -"[min(len(lines)-1-i, 1)]})
		c.w.WriteString(line)
		c.w.WriteString("\r\n")
	}
}

// line reads one command.
func (c *conn) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	for skipped := len(line); err == bufio.ErrBufferFull; skipped += len(line) {
		if skipped > maxSkipped {
			return "", net.ErrClosed
		}
		line, err = c.r.ReadSlice('\n')
		if err == nil {
			return "", errLongLine
		}
	}
	if err != nil {
		return "", err
	}
	if len(line) > maxCommand {
		return "", errLongLine
	}
	text, ended := bytes.CutSuffix(line, []byte("\r\n"))
	if !ended || bytes.ContainsAny(text, "\r\x00") {
		return "", errLineEnds
	}
	return string(text), nil
}

// encrypt begins TLS. What a client has said before is forgotten: who is in the
// middle may have put it there (CVE-2011-0411).
func (c *conn) encrypt(config *tls.Config) error {
	if err := c.w.Flush(); err != nil {
		return err
	}
	if err := c.arm(); err != nil {
		return err
	}
	if err := c.raw.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	t := tls.Server(c.raw, config)
	if err := t.Handshake(); err != nil {
		return err
	}
	c.net, c.secure = t, true
	c.r.Reset(c)
	c.w.Reset(c)
	return nil
}

// close says what is left to say and hangs up.
func (c *conn) close() {
	_ = c.w.Flush() // the client may be gone
	_ = c.net.Close()
}
