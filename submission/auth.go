package submission

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"aviso/account"
	"aviso/fault"
)

const (
	authTimeout = 10 * time.Second // for the database to say who somebody is
	maxFailed   = 3                // of one session
)

// auth answers AUTH (RFC 4954). PLAIN is RFC 4616; LOGIN never was one, and is
// all that many printers and libraries can do.
func (s *session) auth(arg string) (reply, error) {
	switch {
	case !s.secure:
		return replyNoTLS, nil
	case s.hello == "":
		return replyNoHello, nil
	case s.caller != nil || s.mail != nil:
		return replySequence, nil
	}
	mechanism, initial, _ := strings.Cut(arg, " ")
	var password string
	var r reply
	var err error
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		password, r, err = s.plain(initial)
	case "LOGIN":
		password, r, err = s.login(initial)
	default:
		return reply{504, "5.5.4 AUTH is possible with PLAIN and LOGIN.", false}, nil
	}
	if err != nil || r.code != 0 {
		return r, err
	}
	return s.identify(password), nil
}

// plain reads "authorization NUL user NUL password".
func (s *session) plain(initial string) (password string, r reply, err error) {
	text, r, err := s.ask("", initial)
	if err != nil || r.code != 0 {
		return "", r, err
	}
	parts := strings.Split(text, "\x00")
	if len(parts) != 3 {
		return "", replySyntax, nil
	}
	return parts[2], reply{}, nil
}

// login asks for a user name, unless it came with the command, and a password.
func (s *session) login(initial string) (password string, r reply, err error) {
	if _, r, err = s.ask("Username:", initial); err != nil || r.code != 0 {
		return "", r, err
	}
	return s.ask("Password:", "")
}

// ask asks a question of AUTH, unless the answer came with the command, and
// returns the answer, or the reply that ends the exchange.
func (s *session) ask(question, given string) (answer string, r reply, err error) {
	if given == "" {
		s.say(reply{code: 334, text: base64.StdEncoding.EncodeToString([]byte(question))})
		if given, err = s.command(); err != nil {
			return "", reply{}, err
		}
	}
	switch given {
	case "*":
		return "", reply{501, "5.7.0 The authentication was cancelled.", false}, nil
	case "=": // an empty answer that came with the command
		return "", reply{}, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(given)
	if err != nil {
		return "", reply{501, "5.5.2 The answer is not base64.", false}, nil
	}
	return string(decoded), reply{}, nil
}

// identify finds out whose key the password is, and whether it may be used.
func (s *session) identify(password string) reply {
	if s.server.failures.refuse(s.address, password) {
		return replyGuessing
	}
	ctx, cancel := context.WithTimeout(context.Background(), authTimeout)
	defer cancel()
	caller, err := s.server.config.Callers.Identify(ctx, password)
	if err == nil {
		err = s.server.config.CheckKey(ctx, caller)
	}
	if err == nil {
		s.server.failures.note(s.address, password, true)
		s.know(caller)
		return reply{235, "2.7.0 Welcome", false}
	}
	f := fault.Of(err)
	if f.Kind != fault.Unauthorized && f.Kind != fault.Forbidden {
		return s.refuse("smtp authentication not decided", f)
	}
	s.refuse("smtp authentication refused", f)
	s.server.failures.note(s.address, password, false)
	s.failed++
	return reply{replyBadKey.code, replyBadKey.text, s.failed >= maxFailed}
}

// know notes who the client is.
func (s *session) know(caller account.Caller) {
	s.caller = &caller
	s.server.crowd.know(s.conn)
	s.trust(s.server.config.Bounds.Idle, s.began.Add(s.server.config.Bounds.Session))
}
