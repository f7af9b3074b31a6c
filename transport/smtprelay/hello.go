package smtprelay

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

const (
	errNoTLS       = notice("TLS could not be agreed with the relay")
	errNoStartTLS  = notice("the relay does not offer STARTTLS; set tls=none to allow clear text")
	errInjected    = notice("the relay sent bytes between its reply to STARTTLS and TLS")
	errClearAuth   = notice("the password is not sent without TLS")
	errNoAuth      = notice("the relay offers neither AUTH PLAIN nor AUTH LOGIN, but a password is set")
	errBadHeloName = notice("the name for EHLO holds a space, a control character or nothing")
)

// extensions are what the relay's last EHLO offered.
type extensions struct {
	pipelining, eightBit, utf8, size, startTLS bool
	maxSize                                    int // bytes; 0: no limit is known
	plain, login                               bool
}

// open makes a new session, up to the point where MAIL may be sent.
func (r *Relay) open(ctx context.Context) (*session, *failure) {
	dialling, cancel := context.WithTimeout(ctx, r.cfg.Timeouts.Connect)
	defer cancel()
	c, err := r.cfg.Dial(dialling, "tcp", r.cfg.addr())
	if err != nil {
		if ctx.Err() != nil {
			err = errEnded
		}
		return nil, &failure{at: atConnect, err: err}
	}
	s := newSession(c, &r.cfg.Timeouts)
	stop := s.watch(ctx)
	f := r.introduce(s)
	if !stop() && f == nil {
		f = s.fail(atHello, errEnded)
	}
	if f != nil {
		s.drop()
		return nil, f
	}
	return s, nil
}

// introduce takes a new connection through greeting, EHLO, TLS and AUTH.
func (r *Relay) introduce(s *session) *failure {
	if r.cfg.TLS == Implicit {
		if f := r.encrypt(s, atConnect); f != nil {
			return f
		}
	}
	if rep, f := s.reply(atGreeting); f != nil {
		return f
	} else if !rep.positive() {
		return s.refused(atGreeting, rep)
	}
	if f := r.hello(s); f != nil {
		return f
	}
	if r.cfg.TLS == StartTLS {
		if f := r.startTLS(s); f != nil {
			return f
		}
	}
	if r.cfg.Username == "" && r.cfg.Password == "" {
		return nil
	}
	return r.authenticate(s)
}

func (r *Relay) hello(s *session) *failure {
	name := r.cfg.HeloName
	if !printable(name, false) {
		return s.fail(atHello, errBadHeloName)
	}
	rep, f := s.ask(atHello, "EHLO "+name)
	if f != nil {
		return f
	}
	if !rep.positive() {
		return s.refused(atHello, rep)
	}
	s.ext = readExtensions(string(rep.text))
	return nil
}

// readExtensions reads the reply to EHLO; its first line is a greeting. The
// form AUTH=PLAIN is an old server's (RFC 4954 names AUTH PLAIN only).
func readExtensions(text string) extensions {
	var e extensions
	_, text, _ = strings.Cut(text, "\n")
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.ToUpper(strings.Replace(line, "=", " ", 1)))
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "PIPELINING":
			e.pipelining = true
		case "8BITMIME":
			e.eightBit = true
		case "SMTPUTF8":
			e.utf8 = true
		case "STARTTLS":
			e.startTLS = true
		case "SIZE":
			e.size = true
			if len(words) > 1 {
				e.maxSize, _ = strconv.Atoi(words[1])
			}
		case "AUTH":
			for _, mechanism := range words[1:] {
				e.plain = e.plain || mechanism == "PLAIN"
				e.login = e.login || mechanism == "LOGIN"
			}
		}
	}
	return e
}

// startTLS upgrades the session and asks for the extensions again. What was
// said before TLS is forgotten, and what came with the reply to STARTTLS ends
// the session: somebody in between may have sent it (CVE-2021-38371).
func (r *Relay) startTLS(s *session) *failure {
	if !s.ext.startTLS {
		return s.fail(atStartTLS, errNoStartTLS)
	}
	rep, f := s.ask(atStartTLS, "STARTTLS")
	if f != nil {
		return f
	}
	if !rep.positive() {
		return s.refused(atStartTLS, rep)
	}
	if s.r.Buffered() > 0 {
		return s.fail(atStartTLS, errInjected)
	}
	if f := r.encrypt(s, atStartTLS); f != nil {
		return f
	}
	return r.hello(s)
}

func (r *Relay) encrypt(s *session, at step) *failure {
	if f := s.arm(atStartTLS); f != nil {
		return f
	}
	c := tls.Client(s.raw, r.tls)
	if err := c.Handshake(); err != nil {
		return s.fail(at, fmt.Errorf("%w: %w", errNoTLS, err))
	}
	s.conn, s.r = c, bufio.NewReaderSize(c, 2*maxReplyLine)
	return nil
}

func (r *Relay) authenticate(s *session) *failure {
	if s.conn == s.raw && !r.cfg.PlainAuthAllowed {
		return s.fail(atAuth, errClearAuth)
	}
	user, password := r.cfg.Username, r.cfg.Password
	plain, login := encode("\x00"+user+"\x00"+password), encode(password)
	var lines []string
	switch {
	case s.ext.plain:
		lines = []string{"AUTH PLAIN " + plain}
	case s.ext.login:
		lines = []string{"AUTH LOGIN", encode(user), login}
	default:
		return s.fail(atAuth, errNoAuth)
	}
	for i, line := range lines {
		rep, f := s.ask(atAuth, line)
		if f != nil {
			return f
		}
		if last := i == len(lines)-1; last && !rep.positive() || !last && rep.code != 334 {
			return s.refused(atAuth, withhold(rep, plain, login, password))
		}
	}
	return nil
}

// withhold takes the words from a reply that repeats a secret: some servers
// quote the command they did not understand.
func withhold(rep reply, secrets ...string) reply {
	for _, secret := range secrets {
		if secret != "" && bytes.Contains(rep.text, []byte(secret)) {
			return reply{rep.code, []byte("(a reply that repeats the credentials)")}
		}
	}
	return rep
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
