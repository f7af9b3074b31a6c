package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"time"
)

// smtpTimeout bounds a whole exchange with the sink.
const smtpTimeout = 30 * time.Second

// smtpConn is a kept connection to the sink, used for one message after the
// other. It speaks PIPELINING (RFC 2920), which the sinks here offer: the
// envelope is one write, so that a message is two round trips.
type smtpConn struct {
	net.Conn
	r   *bufio.Reader
	buf []byte
}

func dialSMTP(addr string) (*smtpConn, error) {
	conn, err := net.DialTimeout("tcp", addr, smtpTimeout)
	if err != nil {
		return nil, err
	}
	c := &smtpConn{Conn: conn, r: bufio.NewReader(conn)}
	if err := c.greet(); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *smtpConn) greet() error {
	if err := c.SetDeadline(time.Now().Add(smtpTimeout)); err != nil {
		return err
	}
	if _, err := c.expect('2'); err != nil {
		return err
	}
	if _, err := c.Write([]byte("EHLO localhost\r\n")); err != nil {
		return err
	}
	offers, err := c.expect('2')
	if err == nil && !strings.Contains(offers, "PIPELINING") {
		err = fmt.Errorf("the sink does not offer PIPELINING: %q", offers)
	}
	return err
}

// send hands one message over and returns the reply that took it. The message
// has CRLF line ends and doubled dots, and ends in CRLF. After an error the
// connection is of no use.
func (c *smtpConn) send(from string, to []string, message []byte) (string, error) {
	if err := c.SetDeadline(time.Now().Add(smtpTimeout)); err != nil {
		return "", err
	}
	c.buf = append(append(append(c.buf[:0], "MAIL FROM:<"...), from...), ">\r\n"...)
	for _, addr := range to {
		c.buf = append(append(append(c.buf, "RCPT TO:<"...), addr...), ">\r\n"...)
	}
	c.buf = append(c.buf, "DATA\r\n"...)
	if _, err := c.Write(c.buf); err != nil {
		return "", err
	}
	for range len(to) + 1 {
		if _, err := c.expect('2'); err != nil {
			return "", err
		}
	}
	if _, err := c.expect('3'); err != nil {
		return "", err
	}
	c.buf = append(append(c.buf[:0], message...), ".\r\n"...)
	if _, err := c.Write(c.buf); err != nil {
		return "", err
	}
	return c.expect('2')
}

// expect reads one reply, of several lines perhaps, whose code begins with class.
func (c *smtpConn) expect(class byte) (string, error) {
	var text []byte
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		text = append(text, line...)
		if len(line) < 4 || line[0] != class {
			return "", fmt.Errorf("the sink answered %q", text)
		}
		if line[3] != '-' {
			return string(bytes.TrimRight(text, "\r\n")), nil
		}
	}
}

// appendDotted appends a text to a message as SMTP wants it: CRLF line ends, a
// second dot before one that begins a line, CRLF at the end (RFC 5321, 4.5.2).
func appendDotted(dst, text []byte) []byte {
	for line := range bytes.Lines(text) {
		if line[0] == '.' {
			dst = append(dst, '.')
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		dst = append(append(dst, line...), "\r\n"...)
	}
	return dst
}
