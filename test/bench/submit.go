package main

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
)

const (
	submitScheme = "smtp://"
	smtpSuffix   = ", SMTP"
	// sessionMessages is how many messages a session sends. Then the next one
	// begins, with another key: two sessions in a minute keep its rate limit.
	sessionMessages = rateLimit/2 - 10
	// sourceAddresses is how many addresses the sessions come from, since one
	// has only so many places.
	sourceAddresses = 4
)

// sessions are the SMTP sessions of a run: the same message as the calls are
// about, from a client that has composed it itself.
type sessions struct {
	addr    string
	keys    []string
	message draft
	next    atomic.Int64
}

// newSessions prepares sessions for a run that begins with that message.
func newSessions(url string, keys []string, first int) (*sessions, error) {
	body, err := sendBody()
	if err != nil {
		return nil, err
	}
	s := &sessions{addr: strings.TrimPrefix(url, submitScheme), keys: keys}
	s.next.Store(int64(first / sessionMessages))
	if s.message, err = parseDraft(body); err != nil {
		return nil, err
	}
	s.message.From = "noreply@" + mailDomain
	return s, nil
}

// session is one connection, encrypted and authenticated.
type session struct {
	*smtpConn
	message draft
	left    int
}

// dial begins a session, with a key that has not been used lately.
func (s *sessions) dial() (conversation, error) {
	n := int(s.next.Add(1))
	from := net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+n%sourceAddresses))}
	conn, err := (&net.Dialer{Timeout: smtpTimeout, LocalAddr: &from}).Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	c := &smtpConn{Conn: conn, r: bufio.NewReader(conn)}
	if err := c.greet(); err != nil {
		conn.Close()
		return nil, err
	}
	if err := c.authenticate(s.keys[n%len(s.keys)]); err != nil {
		c.Close()
		return nil, err
	}
	return &session{c, s.message, sessionMessages}, nil
}

func (c *smtpConn) authenticate(key string) error {
	if err := c.say("STARTTLS", '2'); err != nil {
		return err
	}
	c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	c.r = bufio.NewReader(c.Conn)
	if err := c.say("EHLO localhost", '2'); err != nil {
		return err
	}
	return c.say("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00bench\x00"+key)), '2')
}

func (c *smtpConn) say(line string, class byte) error {
	if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
		return err
	}
	_, err := c.expect(class)
	return err
}

// call sends message i.
func (s *session) call(i int) (status int, err error) {
	if _, err := s.send(s.message.From, s.message.To, compose(strconv.Itoa(i), s.message)); err != nil {
		return 0, err
	}
	if s.left--; s.left == 0 {
		err = errClosing
	}
	return 250, err
}
