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

// transaction is one envelope.
type transaction struct {
	from  string // reverse-path without brackets
	to    []string
	keys  map[string]struct{} // of to
	named int                 // recipients, again and again ones included
}

const (
	maxNoise = 20
	maxNamed = 1000 // recipients, whatever becomes of them (contract, part 2)
)

func newSession(s *Server, c net.Conn) *session {
	began := time.Now()
	return &session{conn: newConn(c, s.config.Bounds.Stranger, began.Add(2*s.config.Bounds.Stranger)), server: s, id: s.config.SessionID(), began: began}
}

// run serves the client until one of the two has enough.
func (s *session) run(implicit bool) {
	defer s.close()
	defer func() {
		if p := recover(); p != nil {
			s.say(s.refuse(fault.Hide(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))))
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
	line, err := s.command()
	var r reply
	switch {
	case errors.Is(err, errTooMuch):
		return replyNoise, nil
	case errors.Is(err, errLongLine) || errors.Is(err, errLineEnds):
		r, err = reply{500, "5.5.2 Not understood: " + err.Error() + ".", false}, nil
	case err == nil:
		r, err = s.do(parseCommand(line))
	}
	if 500 <= r.code && r.code <= 504 {
		if s.noise++; s.noise > maxNoise {
			r = replyNoise
		}
	}
	return r, err
}

// errTooMuch is a stranger who talks and does not authenticate.
var errTooMuch = errors.New("too many commands")

// command reads a line, of which a client without a key has only so many.
func (s *session) command() (string, error) {
	if s.caller == nil {
		if s.commands++; s.commands > s.server.config.Bounds.Commands {
			return "", errTooMuch
		}
	}
	return s.line()
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
		return s.from(arg), nil
	case "RCPT":
		return s.to(arg), nil
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
	case "EXPN", "HELP", "BDAT", "ETRN", "TURN":
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
		s.server.config.Log.Debug("smtp TLS not begun", "session", s.id, "address", s.address.String(), "error", err)
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

// from answers MAIL. Who sends is judged with the message, whose From field
// says it; the path only stands in for a field that is missing.
func (s *session) from(arg string) reply {
	if r := s.locked(); r.code != 0 {
		return r
	}
	path, parameters, ok := parsePath(arg, "FROM:")
	switch {
	case s.hello == "":
		return replyNoHello
	case s.mail != nil:
		return replySequence
	case !ok:
		return replySyntax
	}
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		switch strings.ToUpper(name) {
		case "SIZE":
			size, err := strconv.ParseUint(value, 10, 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) {
				return replySyntax
			}
			if err != nil || size > email.MaxSubmitted {
				return replyTooLarge
			}
		case "BODY":
			if v := strings.ToUpper(value); v != "7BIT" && v != "8BITMIME" {
				return replySyntax
			}
		case "SMTPUTF8", "AUTH": // the message says whether it is UTF-8, the key who sends
		default:
			return replyParameter
		}
	}
	s.mail = &transaction{from: path, keys: map[string]struct{}{}}
	return reply{250, "2.1.0 OK", false}
}

// to answers RCPT.
func (s *session) to(arg string) reply {
	if r := s.locked(); r.code != 0 {
		return r
	}
	path, parameters, ok := parsePath(arg, "TO:")
	switch {
	case s.mail == nil:
		return replySequence
	case !ok:
		return replySyntax
	case len(parameters) > 0:
		return replyParameter
	}
	if s.mail.named++; s.mail.named > maxNamed {
		return replyTooMany
	}
	m, err := email.ParseAddress(path)
	if err != nil {
		return replyTo(fault.Field("INVALID_ADDRESS", "rcpt", err.Error()), s.id)
	}
	key := m.Key()
	if _, again := s.mail.keys[key]; !again {
		if len(s.mail.to) >= s.server.config.Limits.Recipients {
			return replyTooMany
		}
		s.mail.keys[key] = struct{}{}
		s.mail.to = append(s.mail.to, path)
	}
	return reply{250, "2.1.5 OK", false}
}

// data answers DATA: one call, which is counted here and nowhere before.
func (s *session) data(arg string) (reply, error) {
	if r := s.locked(); r.code != 0 {
		return r, nil
	}
	switch {
	case s.mail == nil || len(s.mail.to) == 0:
		return replySequence, nil
	case arg != "":
		return replySyntax, nil
	}
	mail := s.mail
	s.mail = nil
	if f := s.server.config.Email.Refuse(*s.caller); f != nil {
		return s.refuse(f), nil
	}
	s.say(reply{code: 354, text: "Go ahead, and end with a dot on a line of its own"})
	raw, held, f, err := s.message()
	defer s.server.memory.give(held)
	switch {
	case err != nil:
		return reply{}, err
	case s.ended(): // it may be too late to hand it over
		return reply{}, net.ErrClosed
	}
	call := &email.Call{Channel: email.SMTP, Caller: *s.caller, Fault: f, Encode: outcome, Arrived: s.server.config.Now()}
	if f == nil {
		call.Draft, call.Fault = email.NewSubmittedDraft(mail.from, mail.to, raw, s.server.config.Limits)
	}
	answer, err := s.server.config.Email.Send(call)
	if err != nil {
		return s.refuse(fault.Of(err)), nil
	}
	return reply{code: answer.Status, text: string(answer.Body)}, nil
}

// refuse answers with a fault and tells the operator what the stranger is not
// told.
func (s *session) refuse(f *fault.Error) reply {
	s.log("smtp message refused", f)
	return replyTo(f, s.id)
}

func (s *session) log(what string, f *fault.Error) {
	level := slog.LevelDebug
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("session", s.id), slog.String("address", s.address.String()), slog.String("code", f.Code)}
	if f.Cause != nil {
		attrs = append(attrs, slog.Any("cause", f.Cause))
	}
	s.server.config.Log.LogAttrs(context.Background(), level, what, attrs...)
}
