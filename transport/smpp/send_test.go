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

// What leaves is what SMPP 3.4, 4.4.1 says, octet for octet.
func TestSubmitOctets(t *testing.T) {
	for _, c := range []struct {
		name   string
		concat smpp.Concat
		change func(*transport.Text)
		want   []string
	}{
		{"one part", smpp.UDH8, nil, []string{
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05hello\x02\x04\x00\x02\x00\x64"}},
		{"a name", smpp.SAR, func(t *transport.Text) { t.From, t.PartReferences = "Aviso", nil }, []string{
			"\x00\x05\x00Aviso\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05hello"}},
		{"a short code", smpp.Payload, func(t *transport.Text) { t.From, t.PartReferences = "12345", nil }, []string{
			"\x00\x03\x0012345\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x05hello"}},
		{"no sender, UCS-2", smpp.UDH8, func(t *transport.Text) {
			t.From, t.PartReferences, t.Encoding, t.Parts = "", nil, transport.UCS2, [][]byte{{0x26, 0x3a}}
		}, []string{"\x00\x00\x00\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x08\x00\x02\x26\x3a"}},
		{"udh8", smpp.UDH8, two, []string{
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x40\x00\x00\x00\x00\x01\x00\x00\x00\x08\x05\x00\x03\x34\x02\x01ab\x02\x04\x00\x02\x00\x07",
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x40\x00\x00\x00\x00\x01\x00\x00\x00\x08\x05\x00\x03\x34\x02\x02cd\x02\x04\x00\x02\x00\x08"}},
		{"udh16", smpp.UDH16, two, []string{
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x40\x00\x00\x00\x00\x01\x00\x00\x00\x09\x06\x08\x04\x12\x34\x02\x01ab\x02\x04\x00\x02\x00\x07",
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x40\x00\x00\x00\x00\x01\x00\x00\x00\x09\x06\x08\x04\x12\x34\x02\x02cd\x02\x04\x00\x02\x00\x08"}},
		{"sar", smpp.SAR, two, []string{
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02ab\x02\x04\x00\x02\x00\x07\x02\x0c\x00\x02\x12\x34\x02\x0e\x00\x01\x02\x02\x0f\x00\x01\x01",
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02cd\x02\x04\x00\x02\x00\x08\x02\x0c\x00\x02\x12\x34\x02\x0e\x00\x01\x02\x02\x0f\x00\x01\x02"}},
		{"payload", smpp.Payload, two, []string{
			"\x00\x01\x014477001\x00\x01\x014477009\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x02\x04\x00\x02\x00\x07\x04\x24\x00\x04abcd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(cfg *smpp.Config) { cfg.Concat = c.concat }, func(t *testing.T, g *smpp.Gateway, centre *centre, _ *box) {
				l := centre.bound()
				m := text("hello")
				if c.change != nil {
					c.change(m)
				}
				done := sending(t.Context(), g, m)
				var want []string
				for i, body := range c.want {
					id := string(rune('a' + i))
					if p := l.take(id); p.body != body {
						t.Errorf("part %d is\n%q, not\n%q", i, p.body, body)
					}
					want = append(want, "taken ESME_ROK "+id)
				}
				check(t, <-done, want...)
			})
		})
	}
}

func two(t *transport.Text) {
	t.Parts, t.PartReferences = [][]byte{[]byte("ab"), []byte("cd")}, []uint16{7, 8}
}

// Every status is a verdict (contract, SMS, sending).
func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		cmd    uint32
		status uint32
		body   string
		want   string
	}{
		{"taken", submit | resp, 0, "id-1\x00", "taken ESME_ROK id-1"},
		{"taken without an id", submit | resp, 0, "\x00", "taken ESME_ROK"},
		{"taken without a body", submit | resp, 0, "", "taken ESME_ROK"},
		{"an id without its end", submit | resp, 0, "id-1", "taken ESME_ROK id-1"},
		{"throttled", submit | resp, 0x58, "", "later ESME_RTHROTTLED"},
		{"a full queue", submit | resp, 0x14, "", "later ESME_RMSGQFUL"},
		{"a system error", submit | resp, 0x08, "", "later ESME_RSYSERR"},
		{"temporary", submit | resp, 0x64, "", "later ESME_RX_T_APPN"},
		{"the bind's state", submit | resp, 0x04, "", "later ESME_RINVBNDSTS"},
		{"the recipient", submit | resp, 0x0b, "\x00", "refused recipient ESME_RINVDSTADR"},
		{"the sender", submit | resp, 0x0a, "id-2\x00", "refused ESME_RINVSRCADR"},
		{"permanent", submit | resp, 0x65, "", "refused ESME_RX_P_APPN"},
		{"a vendor's", submit | resp, 0x412, "", "refused 0x00000412"},
		{"a nack", nack, 0x03, "", "refused ESME_RINVCMDID"},
		{"a nack that is throttled", nack, 0x58, "", "later ESME_RTHROTTLED"},
		{"a nack without an error", nack, 0, "", "refused ESME_ROK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, centre *centre, b *box) {
				l := centre.bound()
				done := sending(t.Context(), g, text("a", "b"))
				l.say(c.cmd, c.status, l.want(submit).seq, c.body)
				if strings.HasPrefix(c.want, "taken") {
					l.take("other")
					check(t, <-done, c.want, "taken ESME_ROK other")
					return
				}
				check(t, <-done, c.want, "later")
				if len(b.late) != 0 {
					t.Error("an answer in time was told as a late one")
				}
			})
		})
	}
}

func TestWordsOfTheGateway(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		done := sending(t.Context(), g, text("a"))
		said := "no\ncredit " + strings.Repeat("x", 600)
		l.say(submit|resp, 0x45, l.want(submit).seq, "\x00\x00\x1d\x02\x63"+said+"\x00")
		v := (<-done)[0]
		if len(v.Text) > 500 || !strings.HasPrefix(v.Text, "no credit xxx") {
			t.Errorf("%q", v.Text)
		}
	})
}

// What SMPP cannot carry is refused by us, and nothing leaves.
func TestUnfit(t *testing.T) {
	for name, change := range map[string]func(*transport.Text){
		"a long name":       func(t *transport.Text) { t.From = "twelve chars" },
		"a name in Greek":   func(t *transport.Text) { t.From = "Αviso" },
		"a NUL":             func(t *transport.Text) { t.From = "a\x00b" },
		"a recipient":       func(t *transport.Text) { t.To = "+44 77" },
		"a long recipient":  func(t *transport.Text) { t.To = "+" + strings.Repeat("4", 21) },
		"no recipient":      func(t *transport.Text) { t.To = "" },
		"a long part":       func(t *transport.Text) { t.Parts[0] = make([]byte, 255) },
		"a long other part": func(t *transport.Text) { t.Parts[1] = make([]byte, 249) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
				l := c.bound()
				m := text("a", "b")
				change(m)
				want := "refused"
				if strings.Contains(name, "recipient") {
					want = "refused recipient"
				}
				check(t, g.Send(t.Context(), m).Verdicts, want, "later")
				check(t, g.Send(t.Context(), &transport.Text{From: "a", To: "+44123456"}).Verdicts, "refused")
				go g.Close(t.Context())
				l.say(unbind|resp, 0, l.want(unbind).seq, "")
			})
		})
	}
}

// A text is later at once without a link, and waits when all windows are full.
func TestNoRoom(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		began := time.Now()
		v := g.Send(t.Context(), text("a")).Verdicts
		check(t, v, "later")
		if v[0].Text != "the gateway has no link at present" || time.Since(began) > 0 {
			t.Errorf("%q after %v", v[0].Text, time.Since(began))
		}
		l := c.bound()
		first := sending(t.Context(), g, text("a"))
		p := l.want(submit)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		waiting, patient := sending(ctx, g, text("b")), sending(t.Context(), g, text("c"))
		v = <-waiting
		check(t, v, "later")
		if v[0].Text != "the gateway was still busy with other texts when the time was up" || time.Since(began) < 10*time.Second {
			t.Errorf("%q after %v", v[0].Text, time.Since(began))
		}
		if h := g.Health(); !h.Up || h.Open != 1 || h.InUse != 1 || g.Bound() != 1 {
			t.Errorf("%+v", h)
		}
		l.say(submit|resp, 0, p.seq, "1\x00")
		check(t, <-first, "taken ESME_ROK 1")
		if p := l.take("2"); !strings.Contains(p.body, "c") {
			t.Errorf("%v is not the one that still waits", p)
		}
		check(t, <-patient, "taken ESME_ROK 2")
		if h := g.Health(); h.InUse != 0 {
			t.Errorf("%+v", h)
		}
	})
}

func TestMayStart(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Window = 1 }, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		m := text("a", "b")
		asked := 0
		m.MayStart = func() bool { asked++; return false }
		check(t, g.Send(t.Context(), m).Verdicts, "later", "later")
		m.MayStart = func() bool { asked++; return true }
		done := sending(t.Context(), g, m) // the place was given back
		l.take("1")
		l.take("2")
		check(t, <-done, "taken ESME_ROK 1", "taken ESME_ROK 2")
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// A part after the first has no other way to go: it is tried until ctx ends.
func TestLaterPartsGoOn(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, _ *box) {
		l := c.bound()
		done := sending(t.Context(), g, text("a", "b", "c"))
		l.take("1")
		for _, status := range []uint32{0x58, 0x14, 0x08, 0x64} {
			p := l.want(submit)
			if !strings.Contains(p.body, "b") {
				t.Errorf("%v is not the second part", p)
			}
			l.say(submit|resp, status, p.seq, "")
		}
		synctest.Wait()
		_ = l.conn.Close() // even over another link
		l = c.bound()
		l.take("2")
		l.take("3")
		check(t, <-done, "taken ESME_ROK 1", "taken ESME_ROK 2", "taken ESME_ROK 3")

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done = sending(ctx, g, text("a", "b"))
		l.take("4")
		for ctx.Err() == nil {
			select {
			case p := <-l.got:
				if p.cmd == enquire {
					l.say(enquire|resp, 0, p.seq, "")
				} else {
					l.say(submit|resp, 0x58, p.seq, "")
				}
			case <-ctx.Done():
			}
		}
		check(t, <-done, "taken ESME_ROK 4", "later ESME_RTHROTTLED")
	})
}
