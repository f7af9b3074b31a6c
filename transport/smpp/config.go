package smpp

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"aviso/transport"
)

// BindMode is which way texts may go over a bind.
type BindMode string

// The modes.
const (
	Transceiver BindMode = "transceiver" // both ways; the default
	Separate    BindMode = "separate"    // a transmitter and a receiver for each bind
	Transmitter BindMode = "transmitter" // to the gateway only
	Receiver    BindMode = "receiver"    // from the gateway only; nothing can be sent
)

// Concat is how the parts of a text are joined. The parts must have been cut
// to fit: a user data header takes 6 or 7 octets of a part's 140.
type Concat string

// The ways to join parts.
const (
	UDH8    Concat = "udh8"    // user data header with an 8-bit reference; the default
	UDH16   Concat = "udh16"   // with a 16-bit reference
	SAR     Concat = "sar"     // the sar_ parameters; the gateway makes the header
	Payload Concat = "payload" // one message_payload; the gateway splits it
)

// Config is one gateway. Zero values mean the defaults that are named.
type Config struct {
	Name    string      // as transport.Inbound is told, and for the log
	Address string      // host:port
	TLS     *tls.Config // nil: clear text. Its ServerName is the host when empty

	Username   string // the system_id, at most 15 octets
	Password   string
	SystemType string // at most 12 octets; most carriers want none
	Bind       BindMode

	Window int     // submits without an answer on one bind; 32
	Rate   float64 // submits a second on one bind; 0: as fast as it answers
	Concat Concat
	// Alphabet is what inbound texts with data_coding 0 are in; the zero value
	// is GSM-7. Some gateways mean Latin-1 or ASCII.
	Alphabet transport.Alphabet

	Inbound  transport.Inbound
	Timeouts Timeouts

	Dial   func(ctx context.Context, network, addr string) (net.Conn, error) // nil: net.Dialer
	Random io.Reader                                                         // nil: crypto/rand
	Log    *slog.Logger                                                      // nil: nothing is said
}

// Timeouts are how long each step may take.
type Timeouts struct {
	Dial     time.Duration // and the TLS handshake; 15 s
	Bind     time.Duration // for the answer to a bind; 15 s
	Response time.Duration // for the answer to a submit or an enquire_link, and for a write; 30 s
	Enquire  time.Duration // silence before an enquire_link; 30 s
	Store    time.Duration // for what Inbound does with one PDU; 30 s
	Unbind   time.Duration // for the answer to an unbind; 3 s
	Late     time.Duration // how long an answer that is overdue is known again; 10 min
	// Again is the first pause before a part that must not be given up is
	// submitted again; it doubles up to 8 times itself. 500 ms
	Again time.Duration
	// Redial is the first pause before a link is dialled again; it doubles up
	// to 60 times itself, and begins there when the gateway does not accept
	// the credentials. A link that lasted that long begins anew. 1 s
	Redial time.Duration
}

// withDefaults returns c with every zero value replaced.
func (c Config) withDefaults() Config {
	c.Bind = cmp.Or(c.Bind, Transceiver)
	c.Concat = cmp.Or(c.Concat, UDH8)
	c.Window = cmp.Or(c.Window, 32)
	t := &c.Timeouts
	t.Dial = cmp.Or(t.Dial, 15*time.Second)
	t.Bind = cmp.Or(t.Bind, 15*time.Second)
	t.Response = cmp.Or(t.Response, 30*time.Second)
	t.Enquire = cmp.Or(t.Enquire, 30*time.Second)
	t.Store = cmp.Or(t.Store, 30*time.Second)
	t.Unbind = cmp.Or(t.Unbind, 3*time.Second)
	t.Late = cmp.Or(t.Late, 10*time.Minute)
	t.Again = cmp.Or(t.Again, 500*time.Millisecond)
	t.Redial = cmp.Or(t.Redial, time.Second)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.TLS != nil && c.TLS.ServerName == "" {
		c.TLS = c.TLS.Clone()
		c.TLS.ServerName, _, _ = net.SplitHostPort(c.Address)
	}
	return c
}

// check says what is wrong with c, where, and what to write instead.
func (c *Config) check() error {
	wrong := func(field, format string, args ...any) error {
		return fmt.Errorf("smpp gateway %q: %s %s", c.Name, field, fmt.Sprintf(format, args...))
	}
	if host, port, err := net.SplitHostPort(c.Address); err != nil || host == "" || port == "" {
		return wrong("Address", "%q is no address; give host:port", c.Address)
	}
	switch c.Bind {
	case Transceiver, Separate, Transmitter, Receiver:
	default:
		return wrong("Bind", "%q is no mode; give %s, %s, %s or %s", c.Bind, Transceiver, Separate, Transmitter, Receiver)
	}
	switch c.Concat {
	case UDH8, UDH16, SAR, Payload:
	default:
		return wrong("Concat", "%q is no way to join parts; give %s, %s, %s or %s", c.Concat, UDH8, UDH16, SAR, Payload)
	}
	if len(c.Username) > 15 || c.Username == "" {
		return wrong("Username", "must have 1 to 15 octets")
	}
	if len(c.Password) > maxField { // the standard allows 8; many carriers give longer ones
		return wrong("Password", "must have at most %d octets", maxField)
	}
	if len(c.SystemType) > 12 {
		return wrong("SystemType", "must have at most 12 octets")
	}
	if strings.ContainsRune(c.Username+c.Password+c.SystemType, 0) {
		return wrong("Username, Password or SystemType", "holds a NUL, which SMPP cannot carry")
	}
	if c.Window < 1 {
		return wrong("Window", "must be at least 1, not %d", c.Window)
	}
	if c.Rate < 0 {
		return wrong("Rate", "must not be negative")
	}
	if c.Inbound == nil {
		return wrong("Inbound", "is missing; without it receipts and texts would be lost")
	}
	return nil
}
