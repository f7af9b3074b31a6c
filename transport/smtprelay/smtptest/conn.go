package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
)

// conn is one client.
type conn struct {
	s         *Server
	n         int
	raw, c    net.Conn
	r         *bufio.Reader
	mail      string
	to        []string
	encrypted bool
}

func newConn(s *Server, n int, c net.Conn) *conn {
	client := &conn{s: s, n: n, raw: c}
	client.use(c)
	return client
}

// use switches to c, keeping all that is read from it.
func (c *conn) use(nc net.Conn) {
	c.c = nc
	c.r = bufio.NewReader(io.TeeReader(nc, c))
}

// Write keeps what was read, for Server.Raw.
func (c *conn) Write(p []byte) (int, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.raw[c.n] = append(c.s.raw[c.n], p...)
	return len(p), nil
}

func (c *conn) serve() {
	defer func() {
		_ = c.c.Close()
		c.s.mu.Lock()
		delete(c.s.open, c.n)
		c.s.mu.Unlock()
		c.s.record(Step{Conn: c.n, Verb: "GONE"})
	}()
	if c.s.opts.TLS == Implicit {
		c.encrypt()
	}
	if !c.answer("CONNECT", "", "220 smtptest ESMTP") {
		return
	}
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !c.command(strings.ToUpper(verb), arg) {
			return
		}
	}
}

// answer records a step and says what the script has for it, else usual. It
// reports whether the usual was said and the conversation goes on; what else
// there is to do, do calls.
func (c *conn) answer(verb, arg, usual string) bool {
	_, on := c.do(verb, arg, usual)
	return on
}

// do is answer that also returns the words, "" when nothing was said.
func (c *conn) do(verb, arg, usual string) (said string, on bool) {
	step := Step{Conn: c.n, Verb: verb, Arg: arg, To: c.to}
	c.s.record(step)
	answer := Answer{Say: usual}
	if c.s.opts.Answer != nil {
		if a := c.s.opts.Answer(step); a != (Answer{}) {
			answer = a
		}
	}
	if answer.Say != "" {
		words := answer.Say
		if !strings.HasSuffix(words, "\n") {
			words += "\r\n"
		}
		if _, err := io.WriteString(c.c, words); err != nil {
			return "", false
		}
	}
	if answer.Then == Hang {
		_, _ = io.Copy(io.Discard, c.r)
	}
	return answer.Say, answer.Then == GoOn
}

// command does one command and reports whether the conversation goes on.
func (c *conn) command(verb, arg string) bool {
	switch verb {
	case "EHLO":
		return c.answer(verb, arg, c.extensions())
	case "STARTTLS":
		said, on := c.do(verb, arg, "220 go ahead")
		if on && strings.HasPrefix(said, "220") && c.s.cert != nil {
			c.encrypt()
		}
		return on
	case "AUTH":
		return c.authenticate(arg)
	case "MAIL":
		c.mail, c.to = arg, nil
		return c.answer(verb, address(arg), "250 2.1.0 ok")
	case "RCPT":
		said, on := c.do(verb, address(arg), "250 2.1.5 ok")
		if strings.HasPrefix(said, "2") {
			c.to = append(c.to[:len(c.to):len(c.to)], address(arg))
		}
		return on
	case "DATA":
		usual := "354 go ahead"
		if len(c.to) == 0 {
			usual = "554 5.5.1 no valid recipients"
		}
		said, on := c.do(verb, arg, usual)
		if on && strings.HasPrefix(said, "354") {
			return c.data()
		}
		return on
	case "RSET":
		c.mail, c.to = "", nil
		return c.answer(verb, arg, "250 2.0.0 ok")
	case "QUIT":
		c.answer(verb, arg, "221 2.0.0 bye")
		return false
	}
	return c.answer(verb, arg, "500 5.5.1 unknown command")
}

// data reads a message up to its dot.
func (c *conn) data() bool {
	var raw, data []byte
	for {
		line, err := c.r.ReadBytes('\n')
		if err != nil {
			return false
		}
		if string(line) == ".\r\n" {
			break
		}
		raw = append(raw, line...)
		data = append(data, bytes.TrimPrefix(line, []byte("."))...)
		if _, on := c.do("LINE", strings.TrimRight(string(line), "\r\n"), ""); !on {
			return false
		}
	}
	c.s.mu.Lock()
	c.s.messages = append(c.s.messages, Message{c.n, c.encrypted, c.mail, c.to, raw, data})
	usual := fmt.Sprintf("250 2.0.0 queued as %d", len(c.s.messages))
	c.s.mu.Unlock()
	on := c.answer("DOT", "", usual)
	c.mail, c.to = "", nil
	return on
}

func (c *conn) extensions() string {
	lines := append([]string{"smtptest"}, c.s.opts.Extensions...)
	if c.s.opts.TLS == StartTLS && !c.encrypted {
		lines = append(lines, "STARTTLS")
	}
	if c.s.opts.Mechanisms != "" {
		lines = append(lines, "AUTH "+c.s.opts.Mechanisms)
	}
	last := len(lines) - 1
	var b strings.Builder
	for _, line := range lines[:last] {
		b.WriteString("250-" + line + "\r\n")
	}
	return b.String() + "250 " + lines[last] + "\r\n"
}

func (c *conn) encrypt() {
	c.use(tls.Server(c.raw, c.s.cert))
	c.encrypted = true
}

// authenticate knows PLAIN with an initial response, and LOGIN without one.
func (c *conn) authenticate(arg string) bool {
	const no = "535 5.7.8 bad credentials"
	mechanism, initial, _ := strings.Cut(arg, " ")
	user, password := c.s.opts.Username, c.s.opts.Password
	usual := no
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		if decode(initial) == "\x00"+user+"\x00"+password {
			usual = "235 2.7.0 welcome"
		}
	case "LOGIN":
		var given []string
		for _, prompt := range []string{"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"} {
			said, on := c.do("AUTH", arg, prompt)
			if !on || !strings.HasPrefix(said, "334") {
				return on
			}
			line, err := c.r.ReadString('\n')
			if err != nil {
				return false
			}
			arg = strings.TrimRight(line, "\r\n")
			given = append(given, decode(arg))
		}
		if given[0] == user && given[1] == password {
			usual = "235 2.7.0 welcome"
		}
	}
	return c.answer("AUTH", arg, usual)
}

func decode(s string) string {
	b, _ := base64.StdEncoding.DecodeString(s)
	return string(b)
}

// address is what stands between the brackets of MAIL's or RCPT's argument.
func address(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	path, _, _ := strings.Cut(rest, ">")
	return path
}
