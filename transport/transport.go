// Package transport is what carrying a message means: the words every
// transport uses to say what became of it.
//
// A transport answers one question for each recipient: will waiting mend it?
// It never decides about credits, retries or states, and it never touches the
// database; what must be durable before a byte leaves is a function it calls.
package transport

import (
	"context"
	"errors"
	"time"
)

// Outcome is what one attempt did for one recipient.
type Outcome uint8

// The outcomes of an attempt.
const (
	Later   Outcome = iota // not taken; waiting may mend it
	Taken                  // the next hop is responsible now
	Refused                // the next hop refused for good
	Unknown                // the last byte left, no answer came
)

func (o Outcome) String() string {
	return [...]string{"later", "taken", "refused", "unknown"}[o]
}

// Verdict is the outcome for one recipient and the words it came with.
type Verdict struct {
	Outcome  Outcome
	Code     int    // the SMTP reply code; 0 when the next hop did not speak
	Enhanced string // RFC 3463, such as "5.1.1"; empty when not given
	Text     string // the next hop's words, or ours when it had none; one line, at most 500 bytes
}

// Mail is one message on its way to one relay.
type Mail struct {
	ID   string   // the message id, for the log
	From string   // reverse-path without brackets
	To   []string // forward-paths without brackets, domains as A-labels
	// Data is the whole message: CRLF line ends only, no line over 998 bytes,
	// ending in CRLF, not dot-stuffed.
	Data []byte
	// EightBit says that Data holds bytes over 127, UTF8 that an address or a
	// header does (RFC 6531), so that the relay must offer SMTPUTF8.
	EightBit bool
	UTF8     bool
	// BeforeDot is called when the relay has said 354 and all but the final
	// line of DATA is written. An error ends the attempt without the dot. Nil
	// when nothing has to be recorded.
	BeforeDot func(context.Context) error
	// DotFree is asked right after the 354; true lets the message and its dot
	// go in one write, without BeforeDot. Nil means that BeforeDot decides.
	DotFree func() bool
	// MayStart is asked right before the envelope is written on a connection;
	// false means that the holder's lease is too short to begin. Nil means yes.
	MayStart func() bool
}

// Report is what became of a Mail.
type Report struct {
	Verdicts []Verdict // one for each of Mail.To, in its order
	// Reached is false when no session could be had at all (dial, greeting,
	// EHLO, TLS, AUTH, an open breaker): another relay may be tried at once.
	Reached  bool
	Duration time.Duration
}

// Mailer carries mail to one relay. Send blocks until every recipient has a
// verdict. When ctx ends, what was not yet at the final dot is Later, what
// was past it is Unknown. It is safe for concurrent use.
type Mailer interface {
	Send(ctx context.Context, m *Mail) Report
}

// Health is a transport's own view of its next hop.
type Health struct {
	Up        bool
	LastError string        // why it is not up
	NextProbe time.Duration // until the next try, when not up
	Open      int           // connections open now
	InUse     int           // of these, carrying something
}

// Errors a transport's caller may see from BeforeDot or give to it.
var (
	// ErrNotMine ends an attempt whose lease another node has taken over.
	ErrNotMine = errors.New("another node has taken this message over")
)

// All returns one verdict for each of n recipients.
func All(n int, v Verdict) []Verdict {
	all := make([]Verdict, n)
	for i := range all {
		all[i] = v
	}
	return all
}
