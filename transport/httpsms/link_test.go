package httpsms_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/httpsms"
)

// cut is a network that fails each dial.
func cut(err error) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return nil, err }
}

// line is a network that can be cut and counts who dials, and a clock.
type line struct {
	mu    sync.Mutex
	cut   bool
	dials int
	now   time.Time
}

func (l *line) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	l.dials++
	broken := l.cut
	l.mu.Unlock()
	if broken {
		return nil, errors.New("the line is cut")
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func (l *line) set(cut bool, later time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.now = cut, l.now.Add(later)
}

func (l *line) clock() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now }

func (l *line) count() int { l.mu.Lock(); defer l.mu.Unlock(); return l.dials }

func (l *line) into(cfg httpsms.Config) httpsms.Config {
	cfg.Dial, cfg.Now, cfg.Jitter = l.dial, l.clock, func() float64 { return 1 }
	return cfg
}

func TestBreaker(t *testing.T) {
	p := wires["twilio"].peer(t)
	l := &line{cut: true, now: time.Unix(1e9, 0)}
	g := open(t, httpsms.NewTwilio, l.into(config(p.URL)))
	miss := func(times int) {
		t.Helper()
		for range times {
			if v := send(t, g, yes(1)); v.Outcome != transport.Later || v.Text == "" || strings.Contains(v.Text, "cut") {
				t.Errorf("%+v", v)
			}
		}
	}
	miss(4)
	if h := g.Health(); !h.Up {
		t.Errorf("down after 4: %+v", h)
	}
	miss(1)
	if h := g.Health(); h != (transport.Health{LastError: "the line is cut", NextProbe: time.Second}) {
		t.Errorf("%+v", h)
	}
	dials := 5
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		l.set(true, pause*time.Second-1)
		miss(3)
		if n := l.count(); n != dials {
			t.Fatalf("%d dials within the pause of %ds", n-dials, pause)
		}
		l.set(true, 1)
		miss(3)
		if dials++; l.count() != dials {
			t.Fatalf("%d dials after the pause of %ds, not one", l.count()-dials+1, pause)
		}
	}
	l.set(false, time.Minute)
	for range 2 {
		if v := send(t, g, yes(1)); v.Outcome != transport.Taken {
			t.Errorf("%+v", v)
		}
	}
	if h := g.Health(); h != (transport.Health{Up: true, Open: 1}) || l.count() != dials+1 {
		t.Errorf("%+v after %d dials", h, l.count()-dials)
	}
	if n := len(p.all()); n != 2 {
		t.Errorf("%d texts came", n)
	}
}

// What answers is up, whatever it answers.
func TestBreakerCountsConnections(t *testing.T) {
	p := wires["twilio"].peer(t)
	g := open(t, httpsms.NewTwilio, config(p.URL))
	for _, to := range []string{toRefused, toLater, toUnknown, toDropped} {
		for range 6 {
			send(t, g, to)
		}
		if h := g.Health(); !h.Up {
			t.Errorf("%s: %+v", to, h)
		}
	}
}

// While one caller tries, the others are told at once.
func TestBreakerLetsOneProbe(t *testing.T) {
	p := wires["twilio"].peer(t)
	l := &line{cut: true, now: time.Unix(1e9, 0)}
	cfg := l.into(config(p.URL))
	held, hold := make(chan struct{}), make(chan struct{})
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := l.dial(ctx, network, addr)
		if err == nil {
			held <- struct{}{}
			<-hold
		}
		return c, err
	}
	g := open(t, httpsms.NewTwilio, cfg)
	for range 5 {
		send(t, g, yes(1))
	}
	l.set(false, time.Second)
	var probe sync.WaitGroup
	probe.Go(func() {
		if v := send(t, g, yes(1)); v.Outcome != transport.Taken {
			t.Errorf("%+v", v)
		}
	})
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for range 10 {
		if v := g.Send(ctx, &transport.Text{ID: "1", To: yes(1)}).Verdicts[0]; v.Outcome != transport.Later {
			t.Errorf("%+v", v)
		}
	}
	if n := l.count(); n != 6 {
		t.Errorf("%d dials while one is trying", n-5)
	}
	close(hold)
	probe.Wait()
	if v := send(t, g, yes(2)); v.Outcome != transport.Taken {
		t.Errorf("%+v", v)
	}
}

// ending is a context that ends when the test says so, and for its reason.
type ending struct {
	context.Context
	done chan struct{}
	why  error
}

func (c *ending) Done() <-chan struct{} { return c.done }

func (c *ending) Err() error {
	select {
	case <-c.done:
		return c.why
	default:
		return nil
	}
}

// Callers who walk away while it is dialled say nothing about the gateway;
// those whose time is up do.
func TestBreakerAndContexts(t *testing.T) {
	for _, cancelled := range []bool{true, false} {
		cfg := config("http://gateway.test")
		dialling := make(chan struct{})
		cfg.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialling <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		g := open(t, httpsms.NewTwilio, cfg)
		for range 5 {
			ctx := &ending{t.Context(), make(chan struct{}), context.DeadlineExceeded}
			if cancelled {
				ctx.why = context.Canceled
			}
			var watching sync.WaitGroup
			watching.Go(func() {
				<-dialling
				close(ctx.done)
			})
			text := &transport.Text{ID: "1", To: yes(1), MayStart: func() bool { t.Error("it was asked"); return true }}
			if v := g.Send(ctx, text).Verdicts[0]; v.Outcome != transport.Later {
				t.Errorf("%+v", v)
			}
			watching.Wait()
		}
		if h := g.Health(); h.Up != cancelled {
			t.Errorf("cancelled %t: %+v", cancelled, h)
		}
	}
}

// A certificate that nobody vouches for ends it before the text has left.
func TestCertificateIsChecked(t *testing.T) {
	came := make(chan struct{}, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came <- struct{}{} }))
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for name, w := range wires {
		v := send(t, open(t, w.make, config(srv.URL)), yes(1))
		if v.Outcome != transport.Later || v.Text != "no connection to the gateway could be made" {
			t.Errorf("%s: %+v", name, v)
		}
	}
	select {
	case <-came:
		t.Error("the request was made")
	default:
	}
}

// A gateway that takes a connection and says nothing is given up after
// Timeout, and what left is unknown.
func TestTimeout(t *testing.T) {
	p := wires["smsgate"].peer(t)
	cfg := config(p.URL)
	cfg.Timeout = 50 * time.Millisecond
	v := send(t, open(t, httpsms.NewSMSGate, cfg), toSilent)
	if v != (transport.TextVerdict{Outcome: transport.Unknown, Text: "the gateway did not answer in time"}) {
		t.Errorf("%+v", v)
	}
}

// With every place taken a text waits, and is not begun once its time is up.
func TestPlaces(t *testing.T) {
	p := wires["twilio"].peer(t)
	cfg := config(p.URL)
	cfg.MaxConcurrent = 1
	g := open(t, httpsms.NewTwilio, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var first sync.WaitGroup
	first.Go(func() {
		if v := g.Send(ctx, &transport.Text{ID: "1", To: toSilent}).Verdicts[0]; v.Outcome != transport.Unknown {
			t.Errorf("%+v", v)
		}
	})
	<-p.begun
	if h := g.Health(); h.InUse != 1 || h.Open != 1 {
		t.Errorf("%+v", h)
	}
	for range 6 {
		short, done := context.WithTimeout(t.Context(), time.Millisecond)
		if v := g.Send(short, &transport.Text{ID: "2", To: yes(1)}).Verdicts[0]; v.Outcome != transport.Later {
			t.Errorf("%+v", v)
		}
		done()
	}
	if h := g.Health(); !h.Up {
		t.Errorf("a busy gateway counts as down: %+v", h)
	}
	cancel()
	first.Wait()
	if v := send(t, g, yes(1)); v.Outcome != transport.Taken || len(p.all()) != 2 {
		t.Errorf("%+v, %d texts came", v, len(p.all()))
	}
}

// The pace is kept by segments: who has no time to wait for it is not begun.
func TestRate(t *testing.T) {
	p := wires["twilio"].peer(t)
	cfg := config(p.URL)
	cfg.Rate = 10
	g := open(t, httpsms.NewTwilio, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	two := &transport.Text{ID: "1", To: yes(1), Parts: make([][]byte, 2)}
	if v := g.Send(ctx, two).Verdicts[0]; v.Outcome != transport.Taken {
		t.Errorf("%+v", v)
	}
	many := &transport.Text{ID: "2", To: yes(1), Parts: make([][]byte, 50)}
	short, done := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer done()
	if v := g.Send(short, many).Verdicts[0]; v.Outcome != transport.Later || len(p.all()) != 1 {
		t.Errorf("%+v, %d texts came", v, len(p.all()))
	}
	if h := g.Health(); h.InUse != 0 || !h.Up {
		t.Errorf("%+v", h)
	}
}

// A kept connection that the gateway has closed is replaced, without asking
// the text a second time whether it may start.
func TestKeptConnectionIsGone(t *testing.T) {
	p := wires["twilio"].peer(t)
	l := &line{now: time.Unix(1e9, 0)}
	g := open(t, httpsms.NewTwilio, l.into(config(p.URL)))
	for n := 1; n <= 5; n++ {
		asked := 0
		text := &transport.Text{ID: "1", To: yes(n), MayStart: func() bool { asked++; return true }}
		v := g.Send(t.Context(), text).Verdicts[0]
		// A close that crosses the text leaves it unknown; it never leaves it
		// to be sent twice.
		if came := len(p.all()); v.Outcome == transport.Refused || v.Outcome == transport.Later || asked != 1 || came > n {
			t.Errorf("%+v, asked %d times, %d texts came", v, asked, came)
		}
		p.CloseClientConnections()
	}
}

func TestNew(t *testing.T) {
	for name, change := range map[string]func(*httpsms.Config){
		"no URL":              func(c *httpsms.Config) { c.URL = "gateway.test" },
		"another scheme":      func(c *httpsms.Config) { c.URL = "smpp://gateway.test" },
		"credentials in URL":  func(c *httpsms.Config) { c.URL = "https://a:secret@gateway.test" },
		"query in URL":        func(c *httpsms.Config) { c.URL = "https://gateway.test?x=1" },
		"no username":         func(c *httpsms.Config) { c.Username = "" },
		"colon in username":   func(c *httpsms.Config) { c.Username = "a:b" },
		"no password":         func(c *httpsms.Config) { c.Password = "" },
		"callback is no URL":  func(c *httpsms.Config) { c.Callback = "sms.example" },
		"negative rate":       func(c *httpsms.Config) { c.Rate = -1 },
		"negative places":     func(c *httpsms.Config) { c.MaxConcurrent = -1 },
		"nobody for callback": func(c *httpsms.Config) { c.Inbound = nil },
	} {
		for kind, w := range wires {
			cfg := config("https://gateway.test")
			change(&cfg)
			_, err := w.make(cfg)
			if err == nil || !strings.HasPrefix(err.Error(), "gateway carrier: ") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
	cfg := config("")
	if g, err := httpsms.NewTwilio(cfg); err != nil {
		t.Errorf("without URL it is Twilio's own: %v", err)
	} else {
		g.Close()
	}
	if _, err := httpsms.NewSMSGate(cfg); err == nil {
		t.Error("an SMSGate has no URL of its own")
	}
}
