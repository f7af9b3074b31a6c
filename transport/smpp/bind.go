package smpp

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const version34 = 0x34 // interface_version

// refusal is a gateway's answer to a bind that is not yes.
type refusal struct{ status status }

func (r *refusal) Error() string {
	return fmt.Sprintf("the gateway refused the bind with %s: %s", r.status.code(), r.status.words())
}

// lockedOut reports whether err says that our credentials are wrong.
func lockedOut(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status.lockedOut()
}

// open dials and binds.
func (l *link) open(ctx context.Context) (*session, error) {
	conn, err := l.g.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	var p *pace
	if l.kind != bindRX {
		p = l.pace
	}
	s := newSession(l.g, conn, p)
	if err := s.bind(ctx, l.kind); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

// dial connects, and agrees on TLS when that is asked for.
func (g *Gateway) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeouts.Dial)
	defer cancel()
	conn, err := g.cfg.Dial(ctx, "tcp", g.cfg.Address)
	if err != nil || g.cfg.TLS == nil {
		return conn, err
	}
	secure := tls.Client(conn, g.cfg.TLS)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS could not be agreed: %w", err)
	}
	return secure, nil
}

// bind asks for a bind of that kind and waits for the answer. Whoever is
// silent, or says something else for too long, is let go.
func (s *session) bind(ctx context.Context, kind command) error {
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.g.cfg.Random, id); err != nil {
		return fmt.Errorf("no random id for the bind: %w", err)
	}
	s.id = hex.EncodeToString(id)
	s.log = s.g.log.With("bind", s.id[:8])
	if err := s.conn.SetDeadline(time.Now().Add(s.g.cfg.Timeouts.Bind)); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	s.sequence++
	if _, err := s.conn.Write(s.g.cfg.bindPDU(kind, s.sequence)); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	if err := s.bound(kind); err != nil {
		return err
	}
	if !stop() {
		return fmt.Errorf("binding: %w", context.Cause(ctx))
	}
	s.heard = time.Now()
	return s.conn.SetDeadline(time.Time{})
}

// bound reads the answer to the bind. What comes after it stays in s.r.
func (s *session) bound(kind command) error {
	var buf []byte
	for {
		h, _, next, err := readPDU(s.r, buf)
		if err != nil {
			return fmt.Errorf("waiting for the answer to the bind: %w", err)
		}
		buf = next
		switch {
		case h.command == enquireLink:
			_, err = s.conn.Write(finish(begin(nil, header{enquireLink | answer, statusOK, h.sequence})))
			if err != nil {
				return fmt.Errorf("binding: %w", err)
			}
		case h.command == genericNack, h.command == kind|answer && h.status != statusOK:
			return &refusal{h.status}
		case h.command == kind|answer:
			return nil
		}
	}
}

// bindPDU asks for everything that comes for the account: no address range.
func (c *Config) bindPDU(kind command, sequence uint32) []byte {
	b := begin(nil, header{command: kind, sequence: sequence})
	b = appendText(b, c.Username)
	b = appendText(b, c.Password)
	b = appendText(b, c.SystemType)
	b = append(b, version34, 0, 0)
	return finish(appendText(b, ""))
}
