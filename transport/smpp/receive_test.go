package smpp_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
)

// delivered is the body of a deliver_sm with a text from +4477009 to 12345.
func delivered(text string) string { return deliverBody(0, 0, text, "") }

func deliverBody(esmClass, coding byte, text, tlvs string) string {
	return "\x00\x01\x014477009\x00\x03\x0012345\x00" + string([]byte{esmClass}) + "\x00\x00\x00\x00\x00\x00" +
		string([]byte{coding, 0, byte(len(text))}) + text + tlvs
}

func TestTexts(t *testing.T) {
	base := transport.InboundText{Gateway: "carrier", From: "4477009", FromType: transport.International, To: "12345"}
	for _, c := range []struct {
		name string
		cmd  uint32
		body string
		want func(*transport.InboundText)
	}{
		{"plain", deliver, delivered("order 1"), func(w *transport.InboundText) { w.Data = []byte("order 1") }},
		{"empty", deliver, delivered(""), func(w *transport.InboundText) { w.Data = []byte{} }},
		{"as data_sm", dataSM, "\x00\x02\x01077009\x00\x06\x0012345\x00\x00\x00\x03\x04\x24\x00\x03or\xe9", func(w *transport.InboundText) {
			w.From, w.FromType, w.Alphabet, w.Data = "077009", transport.National, transport.Latin1, []byte("or\xe9")
		}},
		{"a name", deliver, "\x00\x05\x00Bank\x00\x01\x01447700\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02hi", func(w *transport.InboundText) {
			w.From, w.FromType, w.To, w.Data = "Bank", transport.Alphanumeric, "447700", []byte("hi")
		}},
		{"a plus", deliver, "\x00\x00\x00+447\x00\x01\x01+44\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02hi", func(w *transport.InboundText) {
			w.From, w.To, w.Data = "447", "+44", []byte("hi")
		}},
		{"a number of no kind", deliver, "\x00\x00\x00447\x00\x01\x0144\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02hi", func(w *transport.InboundText) {
			w.From, w.FromType, w.To, w.Data = "447", transport.UnknownNumber, "44", []byte("hi")
		}},
		{"message_payload", deliver, deliverBody(0, 8, "", "\x04\x24\x00\x04\x00h\x00i"), func(w *transport.InboundText) {
			w.Alphabet, w.Data = transport.UTF16, []byte("\x00h\x00i")
		}},
		{"an empty message_payload", deliver, deliverBody(0, 0, "hi", "\x04\x24\x00\x00"), func(w *transport.InboundText) { w.Data = []byte("hi") }},
		{"TLVs nobody knows", deliver, deliverBody(0, 0, "hi", "\x14\x01\x00\x02xx\x02\x0a\x00\x00"), func(w *transport.InboundText) { w.Data = []byte("hi") }},
		{"half a TLV", deliver, deliverBody(0, 0, "hi", "\x14\x01\x00\x09xx"), func(w *transport.InboundText) { w.Data = []byte("hi") }},
		{"an 8-bit header", deliver, deliverBody(0x40, 0, "\x05\x00\x03\xab\x03\x02part", ""), func(w *transport.InboundText) {
			w.Part, w.Data = &transport.Part{Reference: 0xab, Total: 3, Number: 2}, []byte("part")
		}},
		{"a 16-bit header, after another element", deliver, deliverBody(0x40, 0, "\x0a\x01\x02\x00\x00\x08\x04\xab\xcd\x03\x01part", ""), func(w *transport.InboundText) {
			w.Part, w.Data = &transport.Part{Reference: 0xabcd, Wide: true, Total: 3, Number: 1}, []byte("part")
		}},
		{"a header in message_payload", deliver, deliverBody(0x40, 0, "", "\x04\x24\x00\x0a\x05\x00\x03\xab\x03\x02part"), func(w *transport.InboundText) {
			w.Part, w.Data = &transport.Part{Reference: 0xab, Total: 3, Number: 2}, []byte("part")
		}},
		{"a header that cannot be", deliver, deliverBody(0x40, 0, "\x3f\x00\x03\xab\x03\x02part", ""), func(w *transport.InboundText) {
			w.Data = []byte("\x3f\x00\x03\xab\x03\x02part")
		}},
		{"part 4 of 3", deliver, deliverBody(0x40, 0, "\x05\x00\x03\xab\x03\x04part", ""), func(w *transport.InboundText) { w.Data = []byte("part") }},
		{"SAR", deliver, deliverBody(0, 0, "part", "\x02\x0f\x00\x01\x02\x02\x0c\x00\x02\x12\x34\x02\x0e\x00\x01\x05"), func(w *transport.InboundText) {
			w.Part, w.Data = &transport.Part{Reference: 0x1234, Wide: true, Total: 5, Number: 2}, []byte("part")
		}},
		{"half of SAR", deliver, deliverBody(0, 0, "part", "\x02\x0c\x00\x02\x12\x34"), func(w *transport.InboundText) { w.Data = []byte("part") }},
		{"one part of one", deliver, deliverBody(0x40, 0, "\x05\x00\x03\xab\x01\x01part", ""), func(w *transport.InboundText) { w.Data = []byte("part") }},
		{"reads like a receipt", deliver, delivered("id:1 sub:001 dlvrd:001 submit date:2401010000 done date:2401010000 stat:REJECTD err:001 text:"), func(w *transport.InboundText) {
			w.Data = []byte("id:1 sub:001 dlvrd:001 submit date:2401010000 done date:2401010000 stat:REJECTD err:001 text:")
		}},
		{"addresses that are no UTF-8", deliver, "\x00\x05\x00B\xe9\x00\x01\x01447700\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02hi", func(w *transport.InboundText) {
			w.From, w.FromType, w.To, w.Data = "B\ufffd", transport.Alphanumeric, "447700", []byte("hi")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, centre *centre, b *box) {
				l := centre.bound()
				l.say(c.cmd, 0, 7, c.body)
				if p := l.want(c.cmd | resp); p.status != 0 || p.seq != 7 || p.body != "\x00" {
					t.Errorf("%v", p)
				}
				got, want := <-b.texts, base
				c.want(&want)
				if len(got.RepeatKey) != 32 || len(got.Bind) != 32 {
					t.Errorf("key %q, bind %q", got.RepeatKey, got.Bind)
				}
				got.RepeatKey, got.Bind = "", ""
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%+v, not\n%+v", got, want)
				}
				if len(b.receipts) != 0 {
					t.Error("taken for a receipt")
				}
			})
		})
	}
}

func TestAlphabets(t *testing.T) {
	want := map[byte]transport.Alphabet{
		0x00: transport.GSM7Octets, 0x01: transport.ASCII, 0x02: transport.Binary, 0x03: transport.Latin1, 0x04: transport.Binary, 0x05: transport.Binary,
		0x06: transport.Cyrillic, 0x07: transport.Hebrew, 0x08: transport.UTF16, 0x09: transport.Binary, 0x0d: transport.Binary,
		0x10: transport.GSM7Octets, 0x14: transport.Binary, 0x18: transport.UTF16, 0x1c: transport.Binary, 0x20: transport.Binary,
		0xc0: transport.GSM7Octets, 0xd1: transport.GSM7Octets, 0xe0: transport.UTF16, 0xf0: transport.GSM7Octets, 0xf4: transport.Binary, 0xf5: transport.Binary, 0xff: transport.Binary,
	}
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		for coding, alphabet := range want {
			l.say(deliver, 0, 1, deliverBody(0, coding, fmt.Sprint(coding), ""))
			l.want(deliver | resp)
			if got := <-b.texts; got.Alphabet != alphabet {
				t.Errorf("%#x is %d, not %d", coding, got.Alphabet, alphabet)
			}
		}
	})
	bubble(t, func(c *smpp.Config) { c.Alphabet = transport.Latin1 }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		l.say(deliver, 0, 1, delivered("x"))
		l.want(deliver | resp)
		if got := <-b.texts; got.Alphabet != transport.Latin1 {
			t.Errorf("%d", got.Alphabet)
		}
	})
}

func TestReceipts(t *testing.T) {
	example := "id:0123456789 sub:001 dlvrd:001 submit date:2401021304 done date:240102130507 stat:DELIVRD err:00a text:stat:REJECTD"
	at := time.Date(2024, 1, 2, 13, 4, 0, 0, time.UTC)
	base := transport.Receipt{Gateway: "carrier", From: "12345", To: "4477009"}
	for _, c := range []struct {
		name string
		cmd  uint32
		body string
		want func(*transport.Receipt)
	}{
		{"text alone", deliver, deliverBody(0x04, 0, example, ""), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Code, w.Text = "0123456789", transport.Delivered, "00a", example
			w.SubmittedAt, w.DoneAt = at, at.Add(67*time.Second)
		}},
		{"parameters alone", deliver, deliverBody(0x04, 0, "", "\x00\x1e\x00\x03ab\x00\x04\x27\x00\x01\x05\x04\x23\x00\x03\x03\x01\x02\x02\x04\x00\x02\x12\x34"), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Code, w.Reference = "ab", transport.Undeliverable, "258", 0x1234
		}},
		{"parameters before text", deliver, deliverBody(0x04, 0, "id:zz stat:DELIVRD err:007", "\x00\x1e\x00\x02ab\x04\x27\x00\x01\x08\x04\x23\x00\x03\x03\x00\x00"), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Code, w.Text = "ab", transport.Rejected, "007", "id:zz stat:DELIVRD err:007"
		}},
		{"by its parameter, without esm_class", deliver, deliverBody(0, 0, "", "\x00\x1e\x00\x02ab\x04\x27\x00\x01\x02"), func(w *transport.Receipt) {
			w.ProviderID, w.State = "ab", transport.Delivered
		}},
		{"intermediate", deliver, deliverBody(0x20, 0, "ID: ab Stat: enroute", ""), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Text = "ab", transport.Enroute, "ID: ab Stat: enroute"
		}},
		{"in message_payload", deliver, deliverBody(0x04, 0, "", "\x04\x24\x00\x10id:ab stat:EXPIR"), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Text = "ab", transport.Expired, "id:ab stat:EXPIR"
		}},
		{"as data_sm", dataSM, "\x00\x01\x014477009\x00\x03\x0012345\x00\x04\x00\x00\x04\x24\x00\x10id:ab stat:DELET", func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Text = "ab", transport.Deleted, "id:ab stat:DELET"
		}},
		{"in UTF-16", deliver, deliverBody(0x04, 8, "\x00i\x00d\x00:\x001", ""), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Text = "1", transport.UnknownState, "id:1"
		}},
		{"after a header", deliver, deliverBody(0x44, 0, "\x02\x24\x00id:ab stat:ACCEPTD", ""), func(w *transport.Receipt) {
			w.State, w.Text = transport.Accepted, "id:ab stat:ACCEPTD"
			w.ProviderID = "ab"
		}},
		{"of nothing", deliver, deliverBody(0x04, 0, "\xff\x00?", ""), func(w *transport.Receipt) {
			w.State, w.Text = transport.UnknownState, "\ufffd?"
		}},
		{"very long", deliver, deliverBody(0x04, 0, "", "\x04\x24\x02\x58id:ab stat:DELIVRD text:"+strings.Repeat("é", 288)), func(w *transport.Receipt) {
			w.ProviderID, w.State, w.Text = "ab", transport.Delivered, "id:ab stat:DELIVRD text:"+strings.Repeat("é", 238)
		}},
		{"states of other versions", deliver, deliverBody(0x04, 0, "", "\x00\x1e\x00\x02ab\x04\x27\x00\x01\x09"), func(w *transport.Receipt) {
			w.ProviderID, w.State = "ab", transport.UnknownState
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, g *smpp.Gateway, centre *centre, b *box) {
				l := centre.bound()
				l.say(c.cmd, 0, 7, c.body)
				if p := l.want(c.cmd | resp); p.status != 0 {
					t.Errorf("%v", p)
				}
				want := base
				c.want(&want)
				if got := <-b.receipts; got != want {
					t.Errorf("%+v, not\n%+v", got, want)
				}
				if len(b.texts) != 0 {
					t.Error("taken for a text")
				}
			})
		})
	}
}

// Nothing is acknowledged before it is stored; what could not be is to come
// again.
func TestAcknowledgedAfterStored(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		stored := make(chan error)
		b.before = func(context.Context) error { return <-stored }
		l := c.bound()
		for i, body := range []string{delivered("text"), deliverBody(0x04, 0, "id:1 stat:DELIVRD", "")} {
			l.say(deliver, 0, uint32(10+i), body)
			l.say(enquire, 0, 5, "") // answered meanwhile
			l.want(enquire | resp)
			synctest.Wait()
			if len(l.got) != 0 {
				t.Fatal("acknowledged before it was stored")
			}
			stored <- errors.New("no database")
			if p := l.want(deliver | resp); p.status != notNow || p.seq != uint32(10+i) {
				t.Errorf("%v", p)
			}
			l.say(deliver, 0, uint32(20+i), body) // and comes again
			stored <- nil
			if p := l.want(deliver | resp); p.status != 0 || p.seq != uint32(20+i) {
				t.Errorf("%v", p)
			}
		}
		if len(b.texts) != 2 || len(b.receipts) != 2 {
			t.Errorf("%d texts, %d receipts", len(b.texts), len(b.receipts))
		}
	})
}

// A store that takes too long is ended.
func TestStoreTimeout(t *testing.T) {
	bubble(t, func(c *smpp.Config) { c.Timeouts.Store = 20 * time.Second }, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		b.before = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		l := c.bound()
		began := time.Now()
		l.say(deliver, 0, 1, delivered("text"))
		if p := l.want(deliver | resp); p.status != notNow || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %v", p, time.Since(began))
		}
	})
}

// An equal PDU before the first is acknowledged is a repetition; afterwards,
// or with anything changed, it is another text.
func TestRepetition(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		stored := make(chan error)
		b.before = func(context.Context) error { return <-stored }
		l := c.bound()
		for seq := range uint32(3) {
			l.say(deliver, 0, 10+seq, delivered("text"))
		}
		l.say(deliver, 0, 20, delivered("other"))
		l.say(deliver, 0, 21, deliverBody(0, 0, "text", "\x02\x04\x00\x02\x00\x01"))
		l.say(deliver, 0, 22, deliverBody(0x40, 0, "text", ""))
		l.say(deliver, 0, 23, strings.Replace(delivered("text"), "12345", "12346", 1))     // to another number
		l.say(deliver, 0, 24, strings.Replace(delivered("text"), "4477009", "4477008", 1)) // from another
		synctest.Wait()
		if len(b.texts) != 6 {
			t.Fatalf("%d texts", len(b.texts))
		}
		keys := map[string]bool{}
		for range 6 {
			keys[(<-b.texts).RepeatKey] = true
		}
		if len(keys) != 6 {
			t.Errorf("%d keys", len(keys))
		}
		for range 6 {
			stored <- nil
		}
		seen := map[uint32]bool{}
		for range 8 {
			p := l.want(deliver | resp)
			if p.status != 0 || seen[p.seq] {
				t.Errorf("%v", p)
			}
			seen[p.seq] = true
		}
		l.say(deliver, 0, 30, delivered("text"))
		first := <-b.texts
		stored <- nil
		l.want(deliver | resp)
		g.SetBinds(2)
		l = c.bound()
		l.say(deliver, 0, 31, delivered("text"))
		second := <-b.texts
		stored <- nil
		l.want(deliver | resp)
		if !keys[first.RepeatKey] || first.RepeatKey != second.RepeatKey || first.Bind == second.Bind {
			t.Errorf("%+v, %+v", first, second)
		}
	})
}

// Only so much is stored at a time, and only so much waits for it.
func TestTooMuchAtOnce(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		const most = 16 + 1024
		stored := make(chan error)
		b.before = func(context.Context) error { return <-stored }
		l := c.bound()
		for i := range most + 1 {
			l.say(deliver, 0, uint32(i), delivered(fmt.Sprint(i)))
			if i == 15 {
				synctest.Wait()
			}
		}
		if p := l.want(deliver | resp); p.status != notNow || p.seq != most {
			t.Errorf("%v", p)
		}
		synctest.Wait()
		if len(b.texts) != 16 {
			t.Errorf("%d are being stored", len(b.texts))
		}
		for range most {
			stored <- nil
			if p := l.want(deliver | resp); p.status != 0 {
				t.Errorf("%v", p)
			}
		}
	})
}

// What cannot be read can never be stored, and is not to come again.
func TestUnreadable(t *testing.T) {
	bubble(t, nil, func(t *testing.T, g *smpp.Gateway, c *centre, b *box) {
		l := c.bound()
		for i, body := range []string{"", "\x00\x01", "\x00\x01\x01" + strings.Repeat("4", 300) + "\x00", strings.TrimSuffix(delivered("text"), "t")} {
			l.say(deliver, 0, uint32(i), body)
			if p := l.want(deliver | resp); p.status != 0x65 || p.seq != uint32(i) {
				t.Errorf("%q: %v", body, p)
			}
		}
		if len(b.texts) != 0 || !g.Health().Up {
			t.Error("handed in, or the link is lost")
		}
	})
}
