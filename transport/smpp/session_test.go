package smpp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
)

func TestBindOctets(t *testing.T) {
	for mode, cmds := range map[smpp.BindMode][]uint32{
		smpp.Transceiver: {bindTRX}, smpp.Transmitter: {bindTX}, smpp.Receiver: {bindRX}, smpp.Separate: {bindTX, bindRX},
	} {
		t.Run(string(mode), func(t *testing.T) {
			bubble(t, func(c *smpp.Config) { c.Bind, c.SystemType = mode, "VMA" }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
				got := map[uint32]bool{}
				for range cmds {
					l := <-c.links
					p, _ := l.next()
					got[p.cmd] = true
					if p.body != "aviso\x00hush\x00VMA\x00\x34\x00\x00\x00" {
						t.Errorf("%v", p)
					}
					l.say(p.cmd|resp, 0, p.seq, "\x00")
				}
				synctest.Wait()
				for _, cmd := range cmds {
					if !got[cmd] {
						t.Errorf("no %08x", cmd)
					}
				}
				sends := 1
				if mode == smpp.Receiver {
					sends = 0
				}
				if h := g.Health(); !h.Up || h.Open != len(cmds) || g.Bound() != sends {
					t.Errorf("%+v, bound %d", h, g.Bound())
				}
				if mode == smpp.Receiver {
					check(t, g.Send(t.Context(), text("a")).Verdicts, "later")
				}
			})
		})
	}
}

// What goes wrong before a bind is said, and tried again after a pause.
func TestNotBound(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   func(*centre, *link, pdu)
		why      string
		min, max time.Duration // until the next try
	}{
		{"silent", func(_ *centre, l *link, _ pdu) { l.closed() }, "waiting for the answer to the bind: ", 500 * time.Millisecond, time.Second},
		{"refused", func(_ *centre, l *link, p pdu) { l.say(bindTRX|resp, 0x0d, p.seq, ""); l.closed() }, "ESME_RBINDFAIL", 500 * time.Millisecond, time.Second},
		{"a nack", func(_ *centre, l *link, p pdu) { l.say(nack, 0x03, p.seq, ""); l.closed() }, "ESME_RINVCMDID", 500 * time.Millisecond, time.Second},
		{"hung up", func(_ *centre, l *link, _ pdu) { _ = l.conn.Close() }, "EOF", 500 * time.Millisecond, time.Second},
		{"garbage", func(_ *centre, l *link, _ pdu) {
			go func() { _, _ = l.conn.Write([]byte("HTTP/1.1 400 Bad Request")) }()
			l.closed()
		}, "the length of a PDU", 500 * time.Millisecond, time.Second},
		{"another's answer", func(_ *centre, l *link, p pdu) {
			l.say(submit|resp, 0, p.seq, "")
			l.say(enquire, 0, 5, "")
			l.want(enquire | resp)
			l.say(bindTRX|resp, 0x05, p.seq, "")
			l.closed()
		}, "ESME_RALYBND", 500 * time.Millisecond, time.Second},
		{"a wrong password", func(_ *centre, l *link, p pdu) { l.say(bindTRX|resp, 0x0e, p.seq, ""); l.closed() }, "ESME_RINVPASWD", 30 * time.Second, time.Minute},
		{"a wrong username", func(_ *centre, l *link, p pdu) { l.say(bindTRX|resp, 0x0f, p.seq, ""); l.closed() }, "ESME_RINVSYSID", 30 * time.Second, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, centre *centre, _ *box) {
				l := <-centre.links
				c.answer(centre, l, l.want(bindTRX))
				synctest.Wait()
				h := g.Health()
				if h.Up || h.Open != 0 || !strings.Contains(h.LastError, c.why) || strings.Contains(h.LastError, "hush") || h.NextProbe < c.min || h.NextProbe > c.max {
					t.Errorf("%+v", h)
				}
				check(t, g.Send(t.Context(), text("a")).Verdicts, "later")
				failed := time.Now()
				centre.bound()
				if took := time.Since(failed); took != h.NextProbe || !g.Health().Up {
					t.Errorf("tried again after %v, not %v", took, h.NextProbe)
				}
			})
		})
	}
}

// Pauses between tries double up to a minute, and begin anew after a link
// that lasted.
func TestRedial(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		for most := time.Second; ; most = min(2*most, time.Minute) {
			_ = l.conn.Close()
			began := time.Now()
			l = c.bound()
			if took := time.Since(began); took < most/2 || took > most {
				t.Errorf("%v, not %v to %v", took, most/2, most)
			}
			if most == time.Minute {
				break
			}
		}
		for range 3 { // a link that lasts
			l.say(enquire|resp, 0, l.want(enquire).seq, "")
		}
		_ = l.conn.Close()
		began := time.Now()
		c.bound()
		if took := time.Since(began); took > time.Second {
			t.Errorf("%v after a link that lasted", took)
		}
	})
}

func TestNobodyThere(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		c.bound()
		c.mu.Lock()
		c.fail = errors.New("connection refused")
		dials := c.dials
		c.mu.Unlock()
		g.SetBinds(2)
		time.Sleep(10 * time.Minute) // of the bubble
		c.mu.Lock()
		defer c.mu.Unlock()
		if tries := c.dials - dials; tries < 12 || tries > 50 {
			t.Errorf("%d tries in ten minutes", tries)
		}
	})
}

// A silent peer is asked whether it is there; without an answer it is gone.
func TestEnquireLink(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		began := time.Now()
		done := sending(t.Context(), g, text("a")) // a full window is no obstacle
		s := l.want(submit)
		p := l.want(enquire)
		if silence := time.Since(began); silence != 30*time.Second {
			t.Errorf("asked after %v", silence)
		}
		l.say(enquire|resp, 0, p.seq, "")
		l.say(submit|resp, 0, s.seq, "1\x00")
		check(t, <-done, "unknown") // it was given up after 30 s
		l.want(enquire)
		asked := time.Now()
		l.say(enquire, 0, p.seq, "") // of the other direction
		l.want(enquire | resp)
		l.closed()
		if silence := time.Since(asked); silence != 30*time.Second {
			t.Errorf("gone after %v", silence)
		}
		synctest.Wait()
		if h := g.Health(); h.Up || h.LastError != "the gateway does not answer enquire_link" {
			t.Errorf("%+v", h)
		}
		c.bound()
	})
}

// A peer that does not know enquire_link is alive all the same.
func TestEnquireLinkNacked(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		for range 3 {
			l.say(nack, 0x03, l.want(enquire).seq, "")
		}
		if !g.Health().Up {
			t.Error("down")
		}
	})
}

// Commands nobody knows are no reason to lose a link; a length that cannot be
// is, since nobody knows where the next PDU begins.
func TestOddPDUs(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		l.say(0x00010000, 0, 77, "whatever")
		if p := l.want(nack); p.status != 0x03 || p.seq != 77 {
			t.Errorf("%v", p)
		}
		l.say(0x80010000, 0, 78, "") // an answer nobody waits for
		l.say(submit|resp, 0, 999, "1\x00")
		l.say(nack, 0x03, 998, "")
		l.say(0x0102, 0, 79, "\x00\x00\x00\x00\x00\x00")                                               // alert_notification has no answer
		l.say(submit, 0, 80, "\x00\x00\x001\x00\x00\x002\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") // not for an ESME
		if p := l.want(nack); p.seq != 80 || p.status != 0x03 {
			t.Errorf("%v", p)
		}
		l.say(enquire, 0, 81, "")
		if p := l.want(enquire | resp); p.seq != 81 || p.status != 0 || p.body != "" {
			t.Errorf("%v", p)
		}
	})
	for name, octets := range map[string]string{
		"short": "\x00\x00\x00\x0f\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x09",
		"long":  "\x00\x02\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x09",
		"huge":  "\xff\xff\xff\xff\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x09",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
				l := c.bound()
				go func() { _, _ = l.conn.Write([]byte(octets)) }()
				p := l.want(nack)
				if p.status != 0x02 || name != "short" && p.seq != 9 {
					t.Errorf("%v", p)
				}
				l.closed()
				c.bound()
			})
		})
	}
}

// The peer's unbind is answered. What it had not answered is unknown.
func TestPeerUnbinds(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		done := sending(t.Context(), g, text("a", "b"))
		l.want(submit)
		l.say(unbind, 0, 12, "")
		if p := l.want(unbind | resp); p.seq != 12 || p.status != 0 {
			t.Errorf("%v", p)
		}
		l.closed()
		check(t, <-done, "unknown", "later")
		c.bound()
	})
}

// Submits without an answer when the link is lost are unknown, and never
// submitted again. Those that had not left go over another link.
func TestLinkLost(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 4 }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		var all []<-chan []transport.TextVerdict
		for i := range 6 {
			all = append(all, sending(t.Context(), g, text(fmt.Sprint("n", i))))
			synctest.Wait()
		}
		for range 4 {
			l.want(submit)
		}
		_ = l.conn.Close()
		for i, done := range all {
			want := "unknown"
			if i >= 4 {
				want = "later"
			}
			check(t, <-done, want)
		}
		l = c.bound()
		time.Sleep(time.Second)
		if len(l.got) != 0 || len(b.late) != 0 {
			t.Errorf("%d PDUs, %d late answers", len(l.got), len(b.late))
		}
	})
}

// The other links take what a lost one had not written.
func TestOtherLink(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		first := c.bound()
		g.SetBinds(2)
		second := c.bound()
		a := sending(t.Context(), g, text("a"))
		synctest.Wait()
		b := sending(t.Context(), g, text("b"))
		synctest.Wait()
		waits := sending(t.Context(), g, text("c"))
		synctest.Wait()
		first.want(submit)
		p := second.want(submit) // the least loaded
		_ = first.conn.Close()
		check(t, <-a, "unknown")
		second.say(submit|resp, 0, p.seq, "2\x00")
		check(t, <-b, "taken ESME_ROK 2")
		second.take("3")
		check(t, <-waits, "taken ESME_ROK 3")
	})
}

// Answers come in any order, and are told from requests of the peer that
// happen to have the same number.
func TestOutOfOrder(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		var all []<-chan []transport.TextVerdict
		var got []pdu
		for i := range 20 {
			all = append(all, sending(t.Context(), g, text(fmt.Sprint("n", i))))
			got = append(got, l.want(submit))
		}
		for i := 19; i >= 0; i-- {
			l.say(deliver, 0, got[i].seq, delivered(fmt.Sprint("mine ", i)))
			l.say(submit|resp, 0, got[i].seq, fmt.Sprintf("id%d\x00", i))
		}
		for i, done := range all {
			check(t, <-done, fmt.Sprintf("taken ESME_ROK id%d", i))
		}
		for range 20 {
			if p := l.want(deliver | resp); p.status != 0 || p.body != "\x00" {
				t.Errorf("%v", p)
			}
		}
		if len(b.texts) != 20 {
			t.Errorf("%d texts", len(b.texts))
		}
	})
}

// A peer that does not take submits on a bind needs another bind.
func TestWrongBindState(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		done := sending(t.Context(), g, text("a"))
		l.say(submit|resp, 0x04, l.want(submit).seq, "")
		check(t, <-done, "later ESME_RINVBNDSTS")
		l.say(unbind|resp, 0, l.want(unbind).seq, "")
		l.closed()
		c.bound()
	})
}

// An answer after the verdict was Unknown is told to Inbound, once.
func TestLateAnswer(t *testing.T) {
	for name, last := range map[string]time.Duration{"after the response timeout": time.Hour, "after the end of ctx": time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
				l := c.bound()
				ctx, cancel := context.WithTimeout(t.Context(), last)
				defer cancel()
				done := sending(ctx, g, text("a", "b"))
				l.take("1")
				p := l.want(submit)
				check(t, <-done, "taken ESME_ROK 1", "unknown")
				inUse := g.Health().InUse
				if held := last < time.Minute; held != (inUse == 1) {
					t.Errorf("%d places are taken", inUse)
				}
				l.say(submit|resp, 0, p.seq, "2\x00")
				l.say(submit|resp, 0, p.seq, "2\x00")
				a := <-b.late
				check(t, []transport.TextVerdict{a.Verdict}, "taken ESME_ROK 2")
				if a.Gateway != "carrier" || a.TextID != "text-1" || a.Part != 1 {
					t.Errorf("%+v", a)
				}
				synctest.Wait()
				if len(b.late) != 0 || g.Health().InUse != 0 {
					t.Errorf("told again, or %+v", g.Health())
				}
				again := sending(t.Context(), g, text("c"))
				l.answerUntil(submit)
				check(t, <-again, "taken ESME_ROK x")
			})
		})
	}
}

// An answer that comes after very long means nothing any more, and a place is
// given back once.
func TestTooLateAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		done := sending(t.Context(), g, text("a"))
		p := l.want(submit)
		for began := time.Now(); time.Since(began) < 11*time.Minute; {
			l.answerUntil(enquire)
		}
		check(t, <-done, "unknown")
		l.say(submit|resp, 0, p.seq, "1\x00")
		synctest.Wait()
		if len(b.late) != 0 || g.Health().InUse != 0 {
			t.Errorf("%d late answers, %+v", len(b.late), g.Health())
		}
	})
}

// A late answer that cannot be stored is said, with the text's id.
func TestLateAnswerNotStored(t *testing.T) {
	var log bytes.Buffer
	bubble(t, func(c *smpp.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		b.before = func(context.Context) error { return errors.New("no database") }
		l := c.bound()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := sending(ctx, g, text("a"))
		p := l.want(submit)
		check(t, <-done, "unknown")
		l.say(submit|resp, 0, p.seq, "1\x00")
		<-b.late
		synctest.Wait()
		if s := log.String(); !strings.Contains(s, "level=ERROR") || !strings.Contains(s, "id=text-1") || !strings.Contains(s, "no database") {
			t.Error(s)
		}
	})
}

// Wrong credentials are said loudly, and never what they are.
func TestLockedOutIsLoud(t *testing.T) {
	var log bytes.Buffer
	bubble(t, func(c *smpp.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		var last time.Time
		for i, most := range []time.Duration{0, 60, 120, 240, 480, 600, 600} {
			l := <-c.links
			if took := time.Since(last); i > 0 && (took < most*time.Second/2 || took > most*time.Second) {
				t.Errorf("try %d after %v", i, took)
			}
			l.say(bindTRX|resp, 0x0e, l.want(bindTRX).seq, "")
			l.closed()
			last = time.Now()
		}
		synctest.Wait()
		if s := log.String(); !strings.Contains(s, "level=ERROR") || !strings.Contains(s, "gateway=carrier") || strings.Contains(s, "hush") {
			t.Error(s)
		}
	})
}

// answerUntil answers enquire_link until that command has come and was taken.
func (l *link) answerUntil(cmd uint32) {
	l.t.Helper()
	for {
		p, ok := l.next()
		if !ok {
			l.t.Fatal("closed")
		}
		l.say(p.cmd|resp, 0, p.seq, map[uint32]string{submit: "x\x00"}[p.cmd])
		if p.cmd == cmd {
			return
		}
	}
}

// A peer that reads nothing holds up the writing. What may be half written is
// unknown, what is behind it has not left.
func TestPeerDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &centre{t: t, links: make(chan *link, 8), deaf: true}
		g := running(t, c)
		<-c.links
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		stuck := sending(ctx, g, text("a"))
		synctest.Wait()
		behind := sending(ctx, g, text("b"))
		patient := sending(t.Context(), g, text("c", "d"))
		check(t, <-stuck, "unknown")
		check(t, <-behind, "later")
		c.mu.Lock()
		c.deaf = false
		c.mu.Unlock()
		check(t, <-patient, "later", "later") // no link took it
		l := c.bound()
		if h := g.Health(); !h.Up {
			t.Errorf("%+v", h)
		}
		again := sending(t.Context(), g, text("e"))
		l.take("1")
		check(t, <-again, "taken ESME_ROK 1")
		go g.Close(t.Context())
		l.answerUntil(unbind)
	})
}
