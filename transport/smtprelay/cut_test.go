package smtprelay_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smtprelay/smtptest"
)

// cutter is a connection that breaks when so many bytes have been written.
type cutter struct {
	net.Conn
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.left])
	c.left = 0
	return n, errors.New("cut")
}

// The connection breaks after each byte of the conversation in turn: up to
// the final dot that means later, from its first byte on unknown.
func TestCutAfterEachByte(t *testing.T) {
	bothWays(t, func(t *testing.T, extensions []string) {
		for _, recorded := range []bool{false, true} {
			srv := smtptest.Start(t, smtptest.Options{Extensions: extensions})
			cfg := config(srv)
			dial := dialTo(srv.Host, srv.Port)
			m := mail("a@x.test", "b@x.test")
			if recorded {
				m.BeforeDot = func(context.Context) error { return nil }
			}
			var all int
			send := func(limit int) transport.Outcome {
				cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					c, err := dial(ctx, network, addr)
					return &cutter{c, limit}, err
				}
				r := open(t, cfg)
				defer r.Close()
				return r.Send(t.Context(), m).Verdicts[1].Outcome
			}
			if send(1<<20) != taken {
				t.Fatal("not taken")
			}
			raw, _, _ := strings.Cut(srv.Raw(1), "QUIT")
			all = len(raw)
			for limit := range all + 1 {
				want := later
				switch {
				case limit == all:
					want = taken
				case limit > all-len(".\r\n"):
					want = unknown
				}
				if got := send(limit); got != want {
					t.Errorf("cut after %q: %s", raw[:limit], got)
				}
			}
			if n := len(srv.Messages()); n != 2 {
				t.Errorf("%d messages arrived", n)
			}
		}
	})
}

// meddler cancels a context when something with that end has been written or
// read, and goes on when that has had its effect on the connection.
type meddler struct {
	net.Conn
	end    string
	cancel func()
	once   sync.Once
	ended  chan struct{}
}

func (c *meddler) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meddle(p)
	return n, err
}

func (c *meddler) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meddle(p[:n])
	return n, err
}

func (c *meddler) meddle(p []byte) {
	if strings.HasSuffix(string(p), c.end) {
		c.cancel()
		<-c.ended
	}
}

func (c *meddler) SetDeadline(d time.Time) error {
	err := c.Conn.SetDeadline(d)
	if d.Before(time.Now()) {
		c.once.Do(func() { close(c.ended) })
	}
	return err
}

// A cancel between two waits is not forgotten by the second, and a session it
// came near is not kept.
func TestCancelBetweenWaits(t *testing.T) {
	for after, want := range map[string]transport.Outcome{
		"ENHANCEDSTATUSCODES\r\n": later, "DATA\r\n": later, "hello\r\n": later, ".\r\n": unknown, "queued\r\n": taken,
	} {
		answer := smtptest.Answer{Then: smtptest.Hang}
		if want == taken {
			answer = say("250 2.0.0 queued")
		}
		srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{"DOT": answer}.Answer})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		cfg := config(srv)
		dial := dialTo(srv.Host, srv.Port)
		cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			return &meddler{Conn: c, end: after, cancel: cancel, ended: make(chan struct{})}, err
		}
		m := mail("a@x.test")
		m.BeforeDot = func(context.Context) error { return nil }
		r := open(t, cfg)
		if v := r.Send(ctx, m).Verdicts[0]; v.Outcome != want {
			t.Errorf("cancelled after %q: %+v", after, v)
		}
		if h := r.Health(); h.Open != 0 {
			t.Errorf("cancelled after %q: %+v", after, h)
		}
		srv.Await(t, "GONE", 1)
		if n := len(srv.Messages()); n == 1 != (want != later) {
			t.Errorf("cancelled after %q: %d messages", after, n)
		}
		if after[0] == 'E' && srv.Count("MAIL") != 0 {
			t.Error("MAIL was sent although the caller had gone")
		}
	}
}

func TestCancelledByBeforeDot(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	m := mail("a@x.test")
	m.BeforeDot = func(context.Context) error { cancel(); return nil }
	if v := open(t, config(srv)).Send(ctx, m).Verdicts[0]; v.Outcome != later {
		t.Errorf("%+v", v)
	}
	srv.Await(t, "GONE", 1)
	if srv.Count("DOT") != 0 {
		t.Error("the dot was written")
	}
}
