package smtprelay

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// TLSMode is how a connection to the relay is encrypted.
type TLSMode uint8

// The modes. StartTLS is the zero value, so that clear text is always a
// decision somebody wrote down.
const (
	StartTLS TLSMode = iota // STARTTLS before anything else; without it no session
	Implicit                // TLS from the first byte (RFC 8314)
	None                    // clear text
)

// Config is one relay. Zero values mean the defaults that are named.
type Config struct {
	Name string // for errors, such as "primary"
	Endpoint
	RootCAs *x509.CertPool // nil: the system's

	// Username and Password are for AUTH PLAIN or LOGIN; both empty: no AUTH.
	Username, Password string
	// PlainAuthAllowed lets them cross an unencrypted connection.
	PlainAuthAllowed bool

	HeloName       string        // our name in EHLO; "localhost"
	MaxConnections int           // open at one time; 16
	MaxMessages    int           // carried by one connection before it is closed; 1000
	IdleTimeout    time.Duration // an unused connection is kept this long; 60 s
	Timeouts       Timeouts

	Dial   func(ctx context.Context, network, addr string) (net.Conn, error) // nil: net.Dialer
	Now    func() time.Time                                                  // nil: time.Now
	Jitter func() float64                                                    // in [0, 1); nil: rand.Float64
}

// Timeouts are how long each step may take, for its writing and for its reply.
// The defaults are the least that RFC 5321, 4.5.3.2 allows.
type Timeouts struct {
	Connect  time.Duration // 30 s, of our own choice
	Greeting time.Duration // 5 min
	Hello    time.Duration // 5 min, each of EHLO, STARTTLS, the handshake and AUTH
	Mail     time.Duration // 5 min, and RSET
	Rcpt     time.Duration // 5 min
	Data     time.Duration // 2 min, for the 354
	Block    time.Duration // 3 min, for each write of at most 64 KiB of the message
	Final    time.Duration // 10 min, for the reply to the final dot
}

// withDefaults returns c with every zero value replaced.
func (c Config) withDefaults() Config {
	c.HeloName = cmp.Or(c.HeloName, "localhost")
	c.MaxConnections = cmp.Or(c.MaxConnections, 16)
	c.MaxMessages = cmp.Or(c.MaxMessages, 1000)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, time.Minute)
	t := &c.Timeouts
	t.Connect = cmp.Or(t.Connect, 30*time.Second)
	t.Greeting = cmp.Or(t.Greeting, 5*time.Minute)
	t.Hello = cmp.Or(t.Hello, 5*time.Minute)
	t.Mail = cmp.Or(t.Mail, 5*time.Minute)
	t.Rcpt = cmp.Or(t.Rcpt, 5*time.Minute)
	t.Data = cmp.Or(t.Data, 2*time.Minute)
	t.Block = cmp.Or(t.Block, 3*time.Minute)
	t.Final = cmp.Or(t.Final, 10*time.Minute)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c
}

func (c *Config) addr() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// clientTLS is shared by all connections: with a session cache a new
// connection resumes, which is most of a handshake's cost.
func (c *Config) clientTLS() *tls.Config {
	return &tls.Config{
		ServerName:         c.Host,
		RootCAs:            c.RootCAs,
		InsecureSkipVerify: c.InsecureSkipVerify,
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
}

// step is where in the conversation something happened.
type step uint8

const (
	atConnect step = iota
	atGreeting
	atHello
	atStartTLS
	atAuth
	atReset
	atMail
	atRcpt
	atData
	atBlock
	atFinal
)

func (s step) String() string {
	return [...]string{"connecting", "the greeting", "EHLO", "STARTTLS", "AUTH",
		"RSET", "MAIL", "RCPT", "DATA", "the message", "the final dot"}[s]
}

// at is how long that step may take.
func (t *Timeouts) at(s step) time.Duration {
	return [...]time.Duration{t.Connect, t.Greeting, t.Hello, t.Hello, t.Hello,
		t.Mail, t.Mail, t.Rcpt, t.Data, t.Block, t.Final}[s]
}
