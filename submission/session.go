package submission

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"aviso/account"
	"aviso/email"
	"aviso/fault"
)

// session is one client from its greeting to its end.
type session struct {
	*conn
	server *Server
	id     string // in the log, and in replies that blame us
	began  time.Time

	hello    string // what it calls itself; "" before EHLO
	caller   *account.Caller
	mail     *transaction // nil before MAIL
	commands int          // before it has shown a key
	failed   int          // of AUTH
	noise    int          // commands that were none
}

// maxNoise is how many commands that are none one client may say.
const maxNoise = 20

func newSession(s *Server, c net.Conn) *session {
	began := time.Now()
	return &session{conn: newConn(c, s.config.Bounds.Stranger, began.Add(2*s.config.Bounds.Stranger)), server: s, id: s.config.SessionID(), began: began}
}

// run serves the client until one of the two has enough.
func (s *session) run(implicit bool) {
	defer s.close()
	defer func() {
		if p := recover(); p != nil {
			s.say(s.refuse("smtp session ended", fault.Hide(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))))
		}
	}()
	if !s.server.crowd.enter(s.conn) {
		if !implicit {
			s.say(replyCrowded)
		}
		return
	}
	defer s.server.crowd.leave(s.conn)
	if implicit && !s.begunTLS() {
		return
	}
	s.say(reply{code: 220, text: s.server.config.Hostname + " ESMTP"})
	for {
		r, err := s.next()
		if err != nil {
			if r, ok := s.parting(err); ok {
				s.say(r)
			}
			return
		}
		if r.code != 0 {
			s.say(r)
		}
		if r.close {
			return
		}
	}
}

// next reads one command and does it. A reply without a code has been said
// already; an error is the end of the connection.
func (s *session) next() (reply, error) {
	var r reply
	line, err := s.command()
	if err == nil {
		r, err = s.do(parseCommand(line))
	}
	switch {
	case errors.Is(err, errTooMuch):
		return replyNoise, nil
	case errors.Is(err, errLongLine), errors.Is(err, errLineEnds):
		r, err = reply{500, "5.5.2 Not understood: " + err.Error() + ".", false}, nil
	}
	// 503 is what the rest of a pipelined group gets whose first is refused.
	if 500 <= r.code && r.code <= 504 && r.code != replySequence.code {
		if s.noise++; s.noise > maxNoise {
			r = replyNoise
		}
	}
	return r, err
}

// errTooMuch is a stranger who talks and does not authenticate.
var errTooMuch = errors.New("too many commands")

// command reads a line, of which a client without a key has only so many. One too
// many is read as well: hanging up on it unread could cost the client the reply.
func (s *session) command() (string, error) {
	line, err := s.line()
	if err == nil && s.caller == nil {
		if s.commands++; s.commands > s.server.config.Bounds.Commands {
			return "", errTooMuch
		}
	}
	return line, err
}

// do does one command.
func (s *session) do(verb, arg string) (reply, error) {
	switch verb {
	case "EHLO", "HELO":
		return s.greet(verb, arg), nil
	case "STARTTLS":
		return s.startTLS(arg)
	case "AUTH":
		return s.auth(arg)
	case "MAIL":
		return s.mailFrom(arg), nil
	case "RCPT":
		return s.rcptTo(arg), nil
	case "DATA":
		return s.data(arg)
	case "RSET":
		s.mail = nil
		return replyOK, nil
	case "NOOP":
		return replyOK, nil
	case "VRFY":
		return reply{252, "2.5.0 Send a message and see.", false}, nil
	case "QUIT":
		return replyBye, nil
	case "BDAT": // what follows is a piece of a message, and not for us to read
		return reply{replyNoCommand.code, replyNoCommand.text, true}, nil
	case "EXPN", "HELP", "ETRN", "TURN":
		return replyNoCommand, nil
	}
	return replyUnknown, nil
}

// greet answers EHLO and HELO. CHUNKING is not offered: a second way for a
// message to end is a second way to smuggle one.
func (s *session) greet(verb, arg string) reply {
	if arg == "" {
		return replySyntax
	}
	s.hello, s.mail = arg, nil
	if verb == "HELO" {
		return reply{code: 250, text: s.server.config.Hostname}
	}
	offers := []string{s.server.config.Hostname, "PIPELINING", "SIZE " + strconv.Itoa(email.MaxSubmitted), "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
	if s.secure {
		offers = append(offers, "AUTH PLAIN LOGIN")
	} else {
		offers = append(offers, "STARTTLS")
	}
	return reply{code: 250, text: strings.Join(offers, "\n")}
}

// startTLS answers STARTTLS (RFC 3207). Commands that came with it, in clear,
// were put there by somebody who wants them done behind TLS.
func (s *session) startTLS(arg string) (reply, error) {
	switch {
	case s.secure:
		return replySequence, nil
	case arg != "":
		return replySyntax, nil
	case s.r.Buffered() > 0:
		return reply{501, "5.5.1 Nothing may follow STARTTLS.", true}, nil
	}
	s.say(reply{220, "2.0.0 Go ahead", false})
	s.hello, s.mail = "", nil
	return reply{close: !s.begunTLS()}, nil // in clear there is nothing more to say
}

func (s *session) begunTLS() bool {
	err := s.encrypt(s.server.config.TLS)
	if err != nil {
		s.server.config.Log.Debug("smtp TLS not begun", "session", s.id, "remote", s.raw.RemoteAddr().String(), "error", err)
	}
	return err == nil
}

// locked says what a client must do before it may send; no code if nothing.
func (s *session) locked() reply {
	switch {
	case !s.secure:
		return replyNoTLS
	case s.caller == nil:
		return replyNoKey
	}
	return reply{}
}

// refuse answers with a fault and tells the operator what the stranger is not
// told.
func (s *session) refuse(what string, f *fault.Error) reply {
	level := slog.LevelDebug
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("session", s.id), slog.String("remote", s.raw.RemoteAddr().String()), slog.String("code", f.Code)}
	if f.Cause != nil {
		attrs = append(attrs, slog.Any("cause", f.Cause))
	}
	s.server.config.Log.LogAttrs(context.Background(), level, what, attrs...)
	return replyTo(f, s.id)
}
