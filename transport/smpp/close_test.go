package smpp_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
)

// Close takes no more texts, finishes those that have begun, unbinds and goes.
func TestClose(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		stored := make(chan error)
		b.before = func(context.Context) error { return <-stored }
		l := c.bound()
		begun := sending(t.Context(), g, text("a", "b"))
		p := l.want(submit)
		l.say(deliver, 0, 1, delivered("text"))
		<-b.texts
		closed := make(chan struct{})
		go func() { g.Close(t.Context()); close(closed) }()
		synctest.Wait()
		v := g.Send(t.Context(), text("late")).Verdicts
		check(t, v, "later")
		if v[0].Text != "sending through this gateway has been shut down" {
			t.Errorf("%q", v[0].Text)
		}
		l.say(submit|resp, 0, p.seq, "1\x00")
		l.take("2")
		check(t, <-begun, "taken ESME_ROK 1", "taken ESME_ROK 2")
		synctest.Wait()
		if len(l.got) != 0 {
			t.Error("unbound before all was stored")
		}
		stored <- nil
		l.want(deliver | resp)
		p = l.want(unbind)
		select {
		case <-closed:
			t.Error("closed before the answer to unbind")
		default:
		}
		l.say(unbind|resp, 0, p.seq, "")
		l.closed()
		<-closed
		if h := g.Health(); h.Up || h.Open != 0 || g.Bound() != 0 {
			t.Errorf("%+v", h)
		}
		g.Run(t.Context()) // does nothing any more
		g.Close(t.Context())
	})
}

// When the time is up, what has no answer is unknown, but unbind is still said.
func TestCloseInHaste(t *testing.T) {
	for _, answers := range []bool{true, false} {
		bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
			b.before = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			l := c.bound()
			sent := sending(t.Context(), g, text("a"))
			l.want(submit)
			waiting := sending(t.Context(), g, text("b"))
			l.say(deliver, 0, 1, delivered("text"))
			<-b.texts
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			began, closed := time.Now(), make(chan struct{})
			go func() { g.Close(ctx); close(closed) }()
			check(t, <-waiting, "later")
			p := l.want(unbind)
			want := 10 * time.Second
			if answers {
				l.say(unbind|resp, 0, p.seq, "")
			} else {
				want += 3 * time.Second
			}
			l.closed()
			check(t, <-sent, "unknown")
			<-closed
			if took := time.Since(began); took != want {
				t.Errorf("closed after %v, not %v", took, want)
			}
		})
	}
}

// A last answer between unbind and its answer still counts.
func TestAnswerAfterUnbind(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		sent := sending(t.Context(), g, text("a"))
		s := l.want(submit)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		go g.Close(over)
		p := l.want(unbind)
		l.say(submit|resp, 0, s.seq, "1\x00")
		l.say(unbind|resp, 0, p.seq, "")
		check(t, <-sent, "taken ESME_ROK 1")
	})
}

// Nothing follows an unbind, although it was queued before.
func TestNothingAfterUnbind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &centre{t: t, links: make(chan *link, 8), deaf: true}
		g := running(t, c)
		l := <-c.links
		synctest.Wait()
		half := sending(t.Context(), g, text("a")) // is being written
		synctest.Wait()
		queued := sending(t.Context(), g, text("b"))
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		go g.Close(over)
		check(t, <-queued, "later")
		go l.read()
		if p := l.want(submit); !strings.Contains(p.body, "a") {
			t.Errorf("%v", p)
		}
		l.say(unbind|resp, 0, l.want(unbind).seq, "")
		l.closed()
		check(t, <-half, "unknown")
	})
}

// running is a gateway with one bind at c that runs until it is closed.
func running(t *testing.T, c *centre) *smpp.Gateway {
	t.Helper()
	g, err := smpp.New(smpp.Config{Name: "carrier", Address: "centre.test:2775", Username: "aviso", Inbound: newBox(), Dial: c.dial})
	if err != nil {
		t.Fatal(err)
	}
	g.SetBinds(1)
	go g.Run(context.Background())
	return g
}

// The end of Run's context is the end of all.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &centre{t: t, links: make(chan *link, 8)}
		g, err := smpp.New(smpp.Config{Name: "carrier", Address: "centre.test:2775", Username: "aviso", Inbound: newBox(), Dial: c.dial})
		if err != nil {
			t.Fatal(err)
		}
		g.SetBinds(1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { g.Run(ctx); close(ended) }()
		l := c.bound()
		sent := sending(t.Context(), g, text("a"))
		l.want(submit)
		cancel()
		l.closed(unbind)
		<-ended
		check(t, <-sent, "unknown")
		g.Close(t.Context())
		check(t, g.Send(t.Context(), text("a")).Verdicts, "later")
	})
}

// More binds are dialled, fewer unbound once their windows are empty.
func TestSetBinds(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 2 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		links := []*link{c.bound()}
		g.SetBinds(3)
		links = append(links, c.bound(), c.bound())
		if g.Bound() != 3 {
			t.Errorf("%d bound", g.Bound())
		}
		var sent []<-chan []transport.TextVerdict
		for range 3 {
			sent = append(sent, sending(t.Context(), g, text("a")))
			synctest.Wait()
		}
		var got []pdu
		for _, l := range links { // each of them has one
			got = append(got, l.want(submit))
		}
		g.SetBinds(1)
		synctest.Wait()
		if g.Bound() != 1 || len(links[1].got)+len(links[2].got) != 0 {
			t.Errorf("%d bound, or unbound too early", g.Bound())
		}
		for i, l := range links {
			l.say(submit|resp, 0, got[i].seq, "1\x00")
			check(t, <-sent[i], "taken ESME_ROK 1")
		}
		for _, l := range links[1:] {
			l.say(unbind|resp, 0, l.want(unbind).seq, "")
			l.closed()
		}
		again := sending(t.Context(), g, text("b"))
		links[0].take("2")
		check(t, <-again, "taken ESME_ROK 2")
		g.SetBinds(0)
		links[0].say(unbind|resp, 0, links[0].want(unbind).seq, "")
		links[0].closed()
		time.Sleep(time.Hour) // on the bubble's clock; no real time passes
		if len(c.links) != 0 || g.Bound() != 0 {
			t.Error("dialled again")
		}
		g.SetBinds(1)
		c.bound()
	})
}

// A bind that is not there is given up before one that is.
func TestSetBindsKeepsTheLiving(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		first := c.bound()
		g.SetBinds(2)
		second := c.bound()
		_ = first.conn.Close()
		synctest.Wait()
		g.SetBinds(1)
		time.Sleep(time.Second) // on the bubble's clock; no real time passes
		if len(c.links) != 0 || g.Bound() != 1 || len(second.got) != 0 {
			t.Errorf("%d bound, %d dialled", g.Bound(), len(c.links))
		}
	})
}

// A second Send under throttling waits its turn: the whole bind slows down, and
// speeds up again.
func TestThrottled(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 8 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		const perSecond = 20
		second, took, refused := int64(0), 0, 0
		var taken []int // in each second
		go func() {     // a carrier that allows so many a second
			for p := range l.got {
				status := uint32(0)
				if now := time.Now().Unix(); now != second {
					taken = append(taken, 0)
					second, took = now, 0
				}
				if p.cmd == submit {
					if took++; took > perSecond {
						status = throttle
						refused++
					} else {
						taken[len(taken)-1]++
					}
				}
				l.say(p.cmd|resp, status, p.seq, "x\x00")
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sent := 0
		for ctx.Err() == nil {
			if v := g.Send(ctx, text("a")).Verdicts[0]; v.Outcome == transport.Taken {
				sent++
			} else if v.Code != "ESME_RTHROTTLED" && ctx.Err() == nil {
				t.Fatalf("%+v", v)
			}
		}
		if sent < 60*perSecond*7/10 || refused > sent/20 {
			t.Errorf("%d were taken of at most %d, %d were refused", sent, 60*perSecond, refused)
		}
	})
}

func TestRate(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Rate = 10 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		go func() {
			for p := range l.got {
				l.say(p.cmd|resp, 0, p.seq, "x\x00")
			}
		}()
		began := time.Now()
		for range 101 {
			g.Send(t.Context(), text("a"))
		}
		if took := time.Since(began); took < 9900*time.Millisecond || took > 10100*time.Millisecond {
			t.Errorf("101 texts took %v", took)
		}
	})
}

func TestConfig(t *testing.T) {
	good := smpp.Config{Name: "carrier", Address: "centre.test:2775", Username: "aviso", Password: "hush", Inbound: newBox()}
	if _, err := smpp.New(good); err != nil {
		t.Fatal(err)
	}
	for word, change := range map[string]func(*smpp.Config){
		"Address":    func(c *smpp.Config) { c.Address = "centre.test" },
		"Bind":       func(c *smpp.Config) { c.Bind = "both" },
		"Concat":     func(c *smpp.Config) { c.Concat = "udh" },
		"Username":   func(c *smpp.Config) { c.Username = strings.Repeat("x", 16) },
		"Password":   func(c *smpp.Config) { c.Password = strings.Repeat("x", 256) },
		"NUL":        func(c *smpp.Config) { c.Password = "a\x00b" },
		"SystemType": func(c *smpp.Config) { c.SystemType = strings.Repeat("x", 13) },
		"Window":     func(c *smpp.Config) { c.Window = -1 },
		"Rate":       func(c *smpp.Config) { c.Rate = -1 },
		"Inbound":    func(c *smpp.Config) { c.Inbound = nil },
	} {
		c := good
		change(&c)
		if _, err := smpp.New(c); err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), c.Password) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
