// Package smtptest is an SMTP server for tests that answers every step as it
// is told, and keeps what it was sent byte for byte.
//
// It never delivers anything and is not strict: what it lets pass says nothing
// about what a real relay would.
package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long Await waits before it gives the test up.
const patience = 20 * time.Second

// TLS is how a Server encrypts, if it does.
type TLS uint8

// The ways of a Server with TLS.
const (
	NoTLS TLS = iota
	StartTLS
	Implicit
)

// Options are how a Server behaves; the zero value takes every message.
type Options struct {
	// Extensions are the lines of the reply to EHLO; nil means
	// DefaultExtensions. STARTTLS and AUTH come with the fields below.
	Extensions []string
	TLS        TLS
	// AUTH is offered when Mechanisms are, such as "PLAIN LOGIN".
	Mechanisms, Username, Password string
	// Answer decides each step; nil, or the zero Answer, means the usual.
	Answer func(Step) Answer
}

// DefaultExtensions returns what a Server offers when it is not told.
func DefaultExtensions() []string {
	return []string{"PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
}

// Step is one thing a client did on one connection.
type Step struct {
	Conn int // 1 is the first connection
	// Verb is CONNECT, the command, AUTH also for its further lines, LINE for
	// each line of a message, DOT for the end of one, GONE for the end of the
	// connection.
	Verb string
	Arg  string   // the address of MAIL and RCPT, else the rest of the line
	To   []string // accepted in this transaction so far
}

// Answer is what the server does at a step. Without Say and Then it is the
// usual.
type Answer struct {
	Say  string // written as it is, with CRLF unless it ends in one
	Then Action
}

// Action is what follows the words of an Answer.
type Action uint8

// The actions.
const (
	GoOn Action = iota
	Hang        // nothing more is said or read until the client hangs up
	Drop        // the connection is closed
)

// Script is answers by "VERB address", else by "VERB".
type Script map[string]Answer

// Answer looks a step up.
func (s Script) Answer(step Step) Answer {
	if a, ok := s[step.Verb+" "+step.Arg]; ok {
		return a
	}
	return s[step.Verb]
}

// Message is one that was sent up to its final dot, taken or not.
type Message struct {
	Conn      int
	Encrypted bool
	Mail      string   // the MAIL command's argument, such as "FROM:<a@b.c> SIZE=12"
	To        []string // accepted
	Raw       []byte   // as sent, the final dot left out
	Data      []byte   // as meant: without the added dots
}

// Server listens on a port of the loopback until the test ends.
type Server struct {
	Host  string
	Port  int
	Roots *x509.CertPool // holds the server's certificate; nil without TLS

	opts     Options
	cert     *tls.Config
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	more     chan struct{} // closed and replaced at each step
	steps    []Step
	messages []Message
	raw      map[int][]byte
	open     map[int]*conn
	stopped  bool
}

// Start starts a server, which t's end stops.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	if opts.Extensions == nil {
		opts.Extensions = DefaultExtensions()
	}
	s := &Server{opts: opts, more: make(chan struct{}), raw: map[int][]byte{}, open: map[int]*conn{}}
	if opts.TLS != NoTLS {
		s.cert, s.Roots = certificate(t)
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(s.listener.Addr().String())
	s.Host = host
	s.Port, _ = strconv.Atoi(port)
	s.running.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

func (s *Server) accept() {
	for n := 1; ; n++ {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		client := newConn(s, n, c)
		s.mu.Lock()
		s.open[n] = client
		if s.stopped {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.running.Go(client.serve)
	}
}

func (s *Server) stop() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.HangUp("")
	s.running.Wait()
}

// Refuse closes the listener: connections that are open stay open, new ones
// are refused.
func (s *Server) Refuse() { _ = s.listener.Close() }

// HangUp says words, if any, on every open connection and closes it.
func (s *Server) HangUp(words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		if words != "" {
			_, _ = c.raw.Write([]byte(words + "\r\n"))
		}
		_ = c.raw.Close()
	}
}

// record keeps a step and wakes who waits for it.
func (s *Server) record(step Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, step)
	close(s.more)
	s.more = make(chan struct{})
}

// Count returns how often verb was seen.
func (s *Server) Count(verb string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count(verb)
}

func (s *Server) count(verb string) int {
	n := 0
	for _, step := range s.steps {
		if step.Verb == verb {
			n++
		}
	}
	return n
}

// Await blocks until verb has been seen n times.
func (s *Server) Await(t testing.TB, verb string, n int) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		s.mu.Lock()
		more, seen := s.more, s.count(verb)
		s.mu.Unlock()
		if seen >= n {
			return
		}
		select {
		case <-more:
		case <-late.C:
			t.Fatalf("%s was seen %d times, not %d", verb, seen, n)
		}
	}
}

// Verbs returns the verbs of one connection in order, LINE left out.
func (s *Server) Verbs(conn int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var verbs []string
	for _, step := range s.steps {
		if step.Conn == conn && step.Verb != "LINE" {
			verbs = append(verbs, step.Verb)
		}
	}
	return strings.Join(verbs, " ")
}

// Raw returns every byte a connection has sent, decrypted.
func (s *Server) Raw(conn int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.raw[conn])
}

// Messages returns what was sent up to its final dot.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}
