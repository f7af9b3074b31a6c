package smtprelay_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// line is a network that can be cut, and counts who dials.
type line struct {
	mu    sync.Mutex
	cut   bool
	dials int
	hold  chan struct{} // when not nil, a dial waits for it, having said so
	held  chan struct{}
}

func (l *line) Cut(cut bool) { l.mu.Lock(); defer l.mu.Unlock(); l.cut = cut }

func (l *line) Dials() int { l.mu.Lock(); defer l.mu.Unlock(); return l.dials }

func (l *line) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	l.dials++
	cut := l.cut
	l.mu.Unlock()
	if l.hold != nil {
		l.held <- struct{}{}
		<-l.hold
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cut {
		return nil, errors.New("the line is cut")
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

func broken(t *testing.T) (*smtprelay.Relay, *clock, *line) {
	srv := smtptest.Start(t, smtptest.Options{})
	c, l := &clock{now: time.Unix(1e9, 0)}, &line{cut: true}
	cfg := config(srv)
	cfg.Now, cfg.Dial, cfg.Jitter = c.Now, l.Dial, func() float64 { return 1 }
	return open(t, cfg), c, l
}

func mustMiss(t *testing.T, r *smtprelay.Relay, n int) {
	t.Helper()
	for range n {
		if report := r.Send(t.Context(), mail("a@x.test")); report.Reached || report.Verdicts[0].Outcome != later || report.Verdicts[0].Text == "" {
			t.Errorf("%+v", report)
		}
	}
}

func TestBreaker(t *testing.T) {
	r, c, l := broken(t)
	mustMiss(t, r, 4)
	if h := r.Health(); !h.Up {
		t.Errorf("down after 4: %+v", h)
	}
	mustMiss(t, r, 1)
	if h := r.Health(); h != (transport.Health{LastError: "connecting: the line is cut", NextProbe: time.Second}) {
		t.Errorf("%+v", h)
	}
	dials := 5
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		c.Move(pause*time.Second - 1)
		mustMiss(t, r, 3)
		if got := l.Dials(); got != dials {
			t.Fatalf("%d dials within the pause of %ds", got-dials, pause)
		}
		c.Move(1)
		mustMiss(t, r, 3)
		if dials++; l.Dials() != dials {
			t.Fatalf("%d dials after the pause of %ds, not one", l.Dials()-dials+1, pause)
		}
	}
	l.Cut(false)
	c.Move(time.Minute)
	mustTake(t, r, "a@x.test")
	mustTake(t, r, "b@x.test")
	if h := r.Health(); !h.Up || h.LastError != "" || h.NextProbe != 0 {
		t.Errorf("%+v", h)
	}
}

func TestBreakerCountsInARow(t *testing.T) {
	r, _, l := broken(t)
	for range 3 {
		l.Cut(true)
		mustMiss(t, r, 4)
		if h := r.Health(); !h.Up {
			t.Errorf("%+v", h)
		}
		l.Cut(false)
		if err := r.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A session that was had ends the row, whatever became of the message, and so
// does an answer on a kept connection while new ones are refused.
func TestBreakerCountsAnswers(t *testing.T) {
	srv, r, tokens, l := cuttable(t)
	for n := 1; n <= 4; n++ {
		var kept sync.WaitGroup
		kept.Go(func() { mustTake(t, r, "a@x.test") })
		srv.Await(t, "DOT", n)
		l.Cut(true)
		mustMiss(t, r, 4)
		if h := r.Health(); !h.Up {
			t.Errorf("%d: %+v", n, h)
		}
		if n == 3 { // the fourth row ends with a session only
			l.Cut(false)
			m := mail("b@x.test")
			m.From = "dropped@x.test"
			if report := r.Send(t.Context(), m); !report.Reached {
				t.Errorf("%+v", report)
			}
			l.Cut(true)
			mustMiss(t, r, 4)
			if h := r.Health(); !h.Up {
				t.Errorf("%+v", h)
			}
		}
		tokens <- struct{}{}
		kept.Wait()
	}
}

// What was kept when the relay went down is not used any more.
func TestBreakerClosesWhatIsKept(t *testing.T) {
	const kept = 8
	srv, r, tokens, l := cuttable(t)
	var all sync.WaitGroup
	for range kept {
		all.Go(func() { mustTake(t, r, "a@x.test") })
	}
	srv.Await(t, "DOT", kept)
	close(tokens)
	all.Wait()
	srv.HangUp("")
	l.Cut(true)
	mustMiss(t, r, 4)
	if h := r.Health(); h.Open != kept-4 {
		t.Errorf("%+v", h)
	}
	mustMiss(t, r, 1)
	if h := r.Health(); h.Up || h.Open != 0 {
		t.Errorf("%+v", h)
	}
}

// cuttable is a relay behind a line, whose answer to DOT waits for a token and
// who hangs up on dropped@x.test.
func cuttable(t *testing.T) (*smtptest.Server, *smtprelay.Relay, chan struct{}, *line) {
	tokens := make(chan struct{})
	srv := smtptest.Start(t, smtptest.Options{Answer: func(step smtptest.Step) smtptest.Answer {
		switch {
		case step.Verb == "DOT":
			<-tokens
		case step.Arg == "dropped@x.test":
			return smtptest.Answer{Then: smtptest.Drop}
		}
		return smtptest.Answer{}
	}})
	l := &line{}
	cfg := config(srv)
	cfg.Dial = l.Dial
	return srv, open(t, cfg), tokens, l
}

// While one caller tries, the others are told at once.
func TestBreakerLetsOneProbe(t *testing.T) {
	r, c, l := broken(t)
	mustMiss(t, r, 5)
	l.Cut(false)
	l.hold, l.held = make(chan struct{}), make(chan struct{})
	c.Move(time.Second)
	var probe sync.WaitGroup
	probe.Go(func() { mustTake(t, r, "a@x.test") })
	<-l.held
	mustMiss(t, r, 10)
	if n := l.Dials(); n != 6 {
		t.Errorf("%d dials while one is trying", n-5)
	}
	close(l.hold)
	probe.Wait()
	mustTake(t, r, "b@x.test")
}

// A probe whose caller walks away has told nothing: the next caller tries.
func TestBreakerProbeIsGivenBack(t *testing.T) {
	r, c, l := broken(t)
	mustMiss(t, r, 5)
	l.Cut(false)
	l.hold, l.held = make(chan struct{}), make(chan struct{})
	c.Move(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	var probe sync.WaitGroup
	probe.Go(func() {
		if report := r.Send(ctx, mail("a@x.test")); report.Reached {
			t.Errorf("%+v", report)
		}
	})
	<-l.held
	cancel()
	close(l.hold)
	probe.Wait()
	l.hold = nil
	mustTake(t, r, "b@x.test")
}

// Callers who leave say nothing about the relay; their deadlines do.
func TestBreakerAndContexts(t *testing.T) {
	for _, c := range []struct {
		cancelled, up bool
	}{{true, true}, {false, false}} {
		r, _, l := broken(t)
		l.hold, l.held = make(chan struct{}), make(chan struct{})
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if c.cancelled {
				ctx, cancel = context.WithCancel(t.Context())
			}
			go func() {
				<-l.held
				if c.cancelled {
					cancel()
				}
				<-ctx.Done()
				l.hold <- struct{}{}
			}()
			if report := r.Send(ctx, mail("a@x.test")); report.Reached {
				t.Errorf("%+v", report)
			}
			cancel()
		}
		if h := r.Health(); h.Up != c.up {
			t.Errorf("%+v: %+v", c, h)
		}
	}
}
