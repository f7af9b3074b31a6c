package smpp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
)

// fickle is a centre that takes, refuses, forgets, answers late and hangs up
// as chance has it, and keeps book of it.
type fickle struct {
	mu     sync.Mutex
	chance *rand.Rand
	came   map[string]int // parts, by what they say
	taken  map[string]int
	errors map[string]int
}

func (f *fickle) serve(l *link) {
	for p := range l.got {
		if p.cmd != submit {
			_, _ = l.conn.Write(pdu{p.cmd | resp, 0, p.seq, "\x00"}.octets())
			continue
		}
		said := p.body[strings.Index(p.body, "<"):strings.Index(p.body, ">")]
		f.mu.Lock()
		f.came[said]++
		status, wait, drop := uint32(0), time.Duration(0), false
		switch n := f.chance.IntN(100); {
		case n < 4:
			status = throttle
		case n < 8:
			status = 0x08
		case n < 11:
			status = 0x0a
		case n < 13:
			drop = true
		case n < 15:
			wait = 24 * time.Hour
		case n < 20:
			wait = 40 * time.Second // too late
		default:
			wait = time.Duration(f.chance.IntN(1000)) * time.Millisecond
		}
		f.mu.Unlock()
		if drop {
			_ = l.conn.Close()
			continue
		}
		time.AfterFunc(wait, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			if _, err := l.conn.Write(pdu{submit | resp, status, p.seq, said + "\x00"}.octets()); err != nil {
				return
			}
			if status == 0 {
				f.taken[said]++
			} else {
				f.errors[said]++
			}
		})
	}
}

// Whatever happens, nothing is submitted again that the gateway may have
// taken, and no verdict says what is not so.
func TestNeverTwice(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 4 }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		f := &fickle{chance: rand.New(rand.NewPCG(1, 2)), came: map[string]int{}, taken: map[string]int{}, errors: map[string]int{}}
		go func() {
			for l := range c.links {
				go func() {
					p := l.want(bindTRX)
					l.say(bindTRX|resp, 0, p.seq, "\x00")
					f.serve(l)
				}()
			}
		}()
		defer close(c.links)
		g.SetBinds(3)
		time.Sleep(time.Second)
		verdicts := map[string]transport.TextVerdict{}
		var book sync.Mutex
		var all sync.WaitGroup
		for caller := range 16 {
			all.Go(func() {
				for i := range 40 {
					name := fmt.Sprintf("<%d.%d", caller, i)
					m := text(name+".a>", name+".b>")
					m.ID = name
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					report := g.Send(ctx, m)
					cancel()
					book.Lock()
					verdicts[name+".a"], verdicts[name+".b"] = report.Verdicts[0], report.Verdicts[1]
					book.Unlock()
					time.Sleep(time.Second)
				}
			})
		}
		all.Wait()
		time.Sleep(5 * time.Minute)
		late := map[string]bool{}
		for len(b.late) > 0 {
			a := <-b.late
			late[fmt.Sprintf("%s.%c", a.TextID, 'a'+a.Part)] = true
		}
		count := map[transport.Outcome]int{}
		f.mu.Lock()
		defer f.mu.Unlock()
		for part, v := range verdicts {
			count[v.Outcome]++
			open := f.came[part] - f.errors[part] // were not refused
			switch v.Outcome {
			case transport.Taken:
				if f.taken[part] != 1 || open != 1 || v.ProviderID != part || late[part] {
					t.Errorf("%s: taken, came %d times, taken %d, refused %d", part, f.came[part], f.taken[part], f.errors[part])
				}
			case transport.Unknown:
				if open > 1 || late[part] != (f.taken[part] == 1) {
					t.Errorf("%s: unknown, came %d times, taken %d, refused %d, late answer %t", part, f.came[part], f.taken[part], f.errors[part], late[part])
				}
			default:
				if f.taken[part] != 0 || open != 0 || late[part] {
					t.Errorf("%s: %s, came %d times, taken %d", part, v.Outcome, f.came[part], f.taken[part])
				}
			}
		}
		if count[transport.Taken] < 100 || count[transport.Unknown] < 20 || count[transport.Later] < 20 || count[transport.Refused] < 5 {
			t.Errorf("%v is no story", count)
		}
		if h := g.Health(); h.InUse != 0 {
			t.Errorf("%+v", h)
		}
	})
}
