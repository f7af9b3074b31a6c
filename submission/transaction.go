package submission

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"aviso/email"
	"aviso/fault"
)

// transaction is one envelope.
type transaction struct {
	from  string // reverse-path without brackets
	to    []string
	keys  map[string]struct{} // of to
	named int                 // recipients, those refused and those named again included
}

// maxNamed is how many recipients one envelope may name, whatever becomes of
// them (contract, part 2).
const maxNamed = 1000

// mailFrom answers MAIL. Who sends is judged with the message, whose From field
// says it; the path only stands in for a field that is missing.
func (s *session) mailFrom(arg string) reply {
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

// rcptTo answers RCPT.
func (s *session) rcptTo(arg string) reply {
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
		return s.refuse("smtp message refused", f), nil
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
	call := &email.Call{Channel: email.SMTP, Caller: *s.caller, Fault: f, Encode: outcome, Arrived: s.server.config.Now(), RequestID: s.id}
	if f == nil {
		call.Draft, call.Fault = email.NewSubmittedDraft(mail.from, mail.to, raw, s.server.config.Limits)
	}
	answer, err := s.server.config.Email.Send(call)
	if err != nil {
		return s.refuse("smtp message refused", fault.Of(err)), nil
	}
	return reply{code: answer.Status, text: string(answer.Body)}, nil
}
