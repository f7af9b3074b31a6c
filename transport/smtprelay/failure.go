package smtprelay

import (
	"errors"
	"net"
	"strings"

	"aviso/transport"
)

// failure is why a session, or a transaction before its final dot, could not
// go on. It always means later for the recipients: it is about the relay.
type failure struct {
	at   step
	said transport.Verdict // the relay's reply, when it gave one
	err  error             // else what went wrong
}

// Error is for the operator: it names the step and may hold addresses.
func (f *failure) Error() string {
	if f.said.Code == 0 {
		return f.at.String() + ": " + f.err.Error()
	}
	r := reply{code: f.said.Code, text: []byte(strings.TrimSpace(f.said.Enhanced + " " + f.said.Text))}
	return f.at.String() + ": " + r.String()
}

func (f *failure) Unwrap() error { return f.err }

// verdict is what the recipients without one of their own get.
func (f *failure) verdict() transport.Verdict {
	v := f.said
	v.Outcome = transport.Later
	if v.Code == 0 {
		v.Text = f.words()
	}
	return v
}

// words say it without the addresses that errors of the network hold, since a
// verdict's text is shown to whoever sent the message.
func (f *failure) words() string {
	var own notice
	switch {
	case errors.As(f.err, &own):
		return own.Error()
	case f.at == atConnect:
		return "no connection to the relay could be made"
	case f.timedOut():
		return "the relay did not answer in time at " + f.at.String()
	}
	return "the connection to the relay was lost at " + f.at.String()
}

func (f *failure) timedOut() bool {
	var t net.Error
	return errors.As(f.err, &t) && t.Timeout()
}

// waited means that the relay, or the caller, let the time pass: trying again
// at once would only wait again.
func (f *failure) waited() bool { return f.err == errEnded || f.timedOut() }

// lockedOut means that a session without what the relay wants was refused
// MAIL: another relay may take the message.
func (f *failure) lockedOut() bool { return f.at == atMail && locksOut(f.said.Code) }

// locksOut reports whether a reply to MAIL is about who we are and not about
// the message: authentication or encryption is missing (RFC 4954, 6; RFC 3207, 4).
func locksOut(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}
