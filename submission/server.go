package submission

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"aviso/account"
	"aviso/email"
)

// Config is what the server is made from.
type Config struct {
	Hostname string      // in the greeting
	TLS      *tls.Config // without TLS nobody can authenticate
	Email    *email.Service
	Limits   email.Limits
	Callers  *account.Callers // who a key belongs to
	// CheckKey says whether a caller may use its key now.
	CheckKey  func(context.Context, account.Caller) error
	Now       func() time.Time
	Log       *slog.Logger
	SessionID func() string
	Bounds    Bounds
}

// Bounds keep clients from using up the server. A zero is the default, which
// stands behind each.
type Bounds struct {
	Connections int           // open at a time, 1,000
	PerAddress  int           // of these from one IPv4 address or IPv6 network of 64 bits, 50
	Commands    int           // before a client has authenticated, 30
	Failures    int           // of AUTH from one address in ten minutes, 5
	Memory      int64         // bytes of all messages that come in at a time, 256 MiB; one may take twice its size
	Stranger    time.Duration // that a client without a key may be silent, 30 s; it has twice that in all
	Idle        time.Duration // that a client with a key may be silent, 5 min (RFC 5321, 4.5.3.2.7)
	Session     time.Duration // in all, 1 h
}

func (b Bounds) withDefaults() Bounds {
	return Bounds{
		Connections: cmp.Or(b.Connections, 1000),
		PerAddress:  cmp.Or(b.PerAddress, 50),
		Commands:    cmp.Or(b.Commands, 30),
		Failures:    cmp.Or(b.Failures, 5),
		Memory:      cmp.Or(b.Memory, 256<<20),
		Stranger:    cmp.Or(b.Stranger, 30*time.Second),
		Idle:        cmp.Or(b.Idle, 5*time.Minute),
		Session:     cmp.Or(b.Session, time.Hour),
	}
}

// Server takes messages over SMTP.
type Server struct {
	config   Config
	crowd    *crowd
	failures *failures
	memory   *memory

	closing  chan struct{}
	mu       sync.Mutex
	closed   bool
	doors    []net.Listener
	sessions sync.WaitGroup
}

// New returns a server that does nothing until Serve.
func New(c Config) *Server {
	c.Bounds = c.Bounds.withDefaults()
	return &Server{config: c, crowd: newCrowd(c.Bounds.Connections, c.Bounds.PerAddress), failures: newFailures(c.Bounds.Failures, c.Now),
		memory: newMemory(c.Bounds.Memory), closing: make(chan struct{})}
}

// Serve takes connections from l until Shutdown, and then returns nil. With
// implicit TLS begins with the first byte, else with STARTTLS.
func (s *Server) Serve(l net.Listener, implicit bool) error {
	if !s.open(l) {
		return l.Close()
	}
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			if !s.begin(c, implicit) {
				c.Close()
			}
			continue
		case s.isClosing():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		}
		// Out of descriptors, or a connection that was gone before it was taken.
		s.config.Log.Warn("smtp connection not accepted", "error", err)
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-s.closing:
			return nil
		}
	}
}

func (s *Server) open(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.doors = append(s.doors, l)
	}
	return !s.closed
}

// begin starts a session, unless the server closes.
func (s *Server) begin(c net.Conn, implicit bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions.Go(func() { newSession(s, c).run(implicit) })
	return true
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Drain takes no more connections and ends the sessions: at once, or when the
// message that was handed over has its answer. It does not wait for them.
func (s *Server) Drain() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	for _, l := range s.doors {
		l.Close()
	}
	s.mu.Unlock()
	s.crowd.endAll(replyClosing)
}

// Shutdown drains the server and waits for the last session. What is not over
// when ctx ends is cut off, and that is the error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	over := make(chan struct{})
	go func() { s.sessions.Wait(); close(over) }()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		s.crowd.cutAll()
		<-over
		return ctx.Err()
	}
}
