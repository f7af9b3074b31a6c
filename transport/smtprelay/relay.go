// Package smtprelay carries mail to one SMTP relay (RFC 5321) over kept
// connections.
//
// A message costs two round trips when the relay pipelines (RFC 2920): MAIL,
// every RCPT and DATA are one write, the message and its final dot another.
// Each recipient gets the verdict the relay gave on it. Trouble with the relay
// itself (no connection, TLS, a wrong password) is never a verdict on a
// recipient: it means later, and that another relay may be tried.
//
// It never sends a message a second time by itself, except over a kept
// connection that turned out dead before the relay had answered MAIL. It never
// falls back to clear text, never looks up MX records, and never logs.
package smtprelay

import (
	"context"
	"crypto/tls"
	"fmt"

	"aviso/transport"
)

// Relay is a transport.Mailer for one relay, safe for concurrent use.
type Relay struct {
	cfg     Config
	tls     *tls.Config
	pool    pool
	breaker breaker
}

// New returns a relay. Nothing is dialled before the first message.
func New(cfg Config) *Relay {
	cfg = cfg.withDefaults()
	return &Relay{
		cfg:     cfg,
		tls:     cfg.clientTLS(),
		pool:    pool{max: cfg.MaxConnections, keep: cfg.IdleTimeout},
		breaker: breaker{now: cfg.Now, jitter: cfg.Jitter},
	}
}

// Send carries m and blocks until each recipient has a verdict. The deadline
// of ctx holds up to the final dot only; after it the relay is given
// Timeouts.Final, unless ctx is cancelled.
func (r *Relay) Send(ctx context.Context, m *transport.Mail) transport.Report {
	start := r.cfg.Now()
	t := newTransaction(m)
	reached := t.done() || r.carry(ctx, t)
	return transport.Report{Verdicts: t.verdicts, Reached: reached, Duration: r.cfg.Now().Sub(start)}
}

// carry finds a session for t and reports whether there was one.
func (r *Relay) carry(ctx context.Context, t *transaction) (reached bool) {
	pass, ok := r.breaker.enter()
	if !ok {
		t.settle(later(errDown))
		return false
	}
	defer r.breaker.leave(pass)
	s, err := r.pool.take(ctx)
	if err != nil {
		t.settle(later(err))
		return false
	}
	if s != nil {
		f := t.run(ctx, s)
		if f == nil || t.answered || f.waited() {
			return r.finish(t, s, f)
		}
		s.drop() // it had died while it was kept; its place is still ours
	}
	s, f := r.open(ctx)
	if f != nil {
		r.pool.vacate()
		r.unreached(ctx, f, pass)
		t.settle(f.verdict())
		return false
	}
	r.breaker.worked()
	return r.finish(t, s, t.run(ctx, s))
}

// finish gives the session back, or its place, and the verdict of a failure
// to who has none.
func (r *Relay) finish(t *transaction, s *session, f *failure) (reached bool) {
	switch {
	case s.broken:
		s.drop()
		r.pool.vacate()
	case s.carried >= r.cfg.MaxMessages:
		s.quit()
		r.pool.vacate()
	default:
		r.pool.put(s)
	}
	if t.answered {
		r.breaker.worked()
	}
	if f == nil {
		return true
	}
	t.settle(f.verdict())
	return !f.lockedOut()
}

// unreached counts against the relay, unless the caller walked away. A
// caller's deadline counts: a relay that swallows packets looks like that.
func (r *Relay) unreached(ctx context.Context, f *failure, pass int64) {
	if ctx.Err() == context.Canceled {
		return
	}
	if r.breaker.failed(pass, f.Error()) {
		r.pool.flush() // what was kept is most likely dead too
	}
}

func later(why error) transport.Verdict {
	return transport.Verdict{Outcome: transport.Later, Text: why.Error()}
}

// Health is the relay's state as this process has seen it.
func (r *Relay) Health() transport.Health {
	why, next := r.breaker.state()
	open, inUse := r.pool.count()
	return transport.Health{Up: why == "", LastError: why, NextProbe: next, Open: open, InUse: inUse}
}

// Probe opens a session of its own, up to where MAIL would come, and closes
// it: an operator's test of address, TLS and password. Its error is for the
// operator and may name addresses, never the password.
func (r *Relay) Probe(ctx context.Context) error {
	s, f := r.open(ctx)
	if f != nil {
		return fmt.Errorf("relay %s: %w", r.cfg.Name, f)
	}
	r.breaker.worked()
	s.quit()
	return nil
}

// Close says QUIT on idle connections and turns away new and waiting callers.
// Messages under way finish, and their connections are closed after them.
func (r *Relay) Close() { r.pool.close() }
