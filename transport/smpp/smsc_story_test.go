package smpp_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smpp"
	"aviso/transport/smpp/smpptest"
)

// What another implementation reads is what was sent, however parts are joined.
func TestPeerReads(t *testing.T) {
	s := centreOf(t, nil)
	for _, how := range []smpp.Concat{smpp.UDH8, smpp.UDH16, smpp.SAR, smpp.Payload} {
		t.Run(string(how), func(t *testing.T) {
			s.t = t
			g, _ := linked(t, s, func(c *smpp.Config) { c.Concat, c.SystemType = how, "VMA" })
			m := text("first ", "second ", "third")
			m.From, m.Unreported = "Aviso", how == smpp.SAR
			report := g.Send(t.Context(), m)
			wanted := 1
			if m.Unreported {
				wanted = 0
			}
			want := 3
			if how == smpp.Payload {
				want = 1
			}
			if len(report.Verdicts) != want || report.Verdicts[0].Outcome != transport.Taken || report.Duration <= 0 {
				t.Fatalf("%+v", report)
			}
			var whole string
			for i := range want {
				p := s.want("submit_sm").PDU
				if p.Source != "Aviso" || p.SourceTON != 5 || p.Dest != "4477009" || p.DestTON != 1 || p.Wanted != wanted || p.Coding != 0 || p.Reference != 100+i {
					t.Errorf("%+v", p)
				}
				switch how {
				case smpp.Payload:
					whole += p.Payload.Text
					if p.Short.Text != "" || p.Class != 0 {
						t.Errorf("%+v", p)
					}
					continue
				case smpp.SAR:
					if p.SarRef != 0x1234 || p.SarTotal != 3 || p.SarNumber != i+1 || p.Class != 0 {
						t.Errorf("%+v", p)
					}
				case smpp.UDH8:
					if want := fmt.Sprintf("00033403%02x", i+1); !slices.Equal(p.Short.UDH, []string{want}) {
						t.Errorf("%v, not %s", p.Short.UDH, want)
					}
				case smpp.UDH16:
					if want := fmt.Sprintf("0804123403%02x", i+1); !slices.Equal(p.Short.UDH, []string{want}) {
						t.Errorf("%v, not %s", p.Short.UDH, want)
					}
				}
				whole += p.Short.Text
			}
			if whole != "first second third" {
				t.Errorf("%q", whole)
			}
			u := text("")
			u.Encoding, u.Parts = transport.UCS2, [][]byte{{0x04, 0x1f, 0xd8, 0x3d, 0xde, 0x00}}
			if v := g.Send(t.Context(), u).Verdicts; len(v) != 1 || v[0].Outcome != transport.Taken {
				t.Errorf("%+v", v)
			}
			if p := s.want("submit_sm").PDU; p.Coding != 8 || p.Short.Text != "П\U0001F600" || p.Source != "4477001" || p.SourceTON != 1 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Ids are kept as they come, and receipts name them as they please.
func TestPeerReceipts(t *testing.T) {
	s := centreOf(t, nil)
	g, b := linked(t, s, nil)
	for _, hexadecimal := range []bool{false, true} {
		s.policy(map[string]any{"hex": hexadecimal})
		v := g.Send(t.Context(), text("a")).Verdicts[0]
		want := "4000000001"
		if hexadecimal {
			want = "ABC002"
		}
		if v.ProviderID != want {
			t.Errorf("%+v", v)
		}
		s.tell("send", map[string]any{"session": 0, "command": "deliver_sm", "fields": map[string]any{
			"esm_class": 4, "source_addr": "4477009", "source_addr_ton": 1, "destination_addr": "4477001",
			"short_message":          "id:" + v.ProviderID + " sub:001 dlvrd:001 submit date:2601021304 done date:2601021305 stat:DELIVRD err:000 text:",
			"receipted_message_id":   v.ProviderID,
			"message_state":          2,
			"user_message_reference": 100,
		}})
		if p := s.want("deliver_sm_resp").PDU; p.Status != 0 {
			t.Errorf("%+v", p)
		}
		if r := <-b.receipts; r.ProviderID != want || r.State != transport.Delivered || r.Reference != 100 || r.From != "4477001" || r.To != "4477009" || r.DoneAt.Sub(r.SubmittedAt) != time.Minute {
			t.Errorf("%+v", r)
		}
	}
}

func TestPeerDelivers(t *testing.T) {
	s := centreOf(t, nil)
	_, b := linked(t, s, nil)
	for _, c := range []struct {
		fields map[string]any
		want   transport.InboundText
	}{
		{map[string]any{"short_message": "order 1"}, transport.InboundText{Data: []byte("order 1")}},
		{map[string]any{"short_message": map[string]any{"hex": "05000307020168690a"}, "esm_class": 0x40},
			transport.InboundText{Data: []byte("hi\n"), Part: &transport.Part{Reference: 7, Total: 2, Number: 1}}},
		{map[string]any{"data_coding": 8, "message_payload": map[string]any{"hex": "041f0440"}},
			transport.InboundText{Data: []byte{4, 0x1f, 4, 0x40}, Alphabet: transport.UTF16}},
		{map[string]any{"short_message": "b", "sar_msg_ref_num": 513, "sar_total_segments": 3, "sar_segment_seqnum": 3},
			transport.InboundText{Data: []byte("b"), Part: &transport.Part{Reference: 513, Wide: true, Total: 3, Number: 3}}},
	} {
		c.fields["source_addr"], c.fields["source_addr_ton"], c.fields["destination_addr"] = "4477009", 1, "12345"
		if c.fields["data_coding"] == nil {
			c.fields["data_coding"] = 0
		}
		s.tell("send", map[string]any{"session": 0, "command": "deliver_sm", "fields": c.fields})
		if p := s.want("deliver_sm_resp").PDU; p.Status != 0 {
			t.Errorf("%+v", p)
		}
		got := <-b.texts
		if string(got.Data) != string(c.want.Data) || got.Alphabet != c.want.Alphabet || got.From != "4477009" || got.FromType != transport.International || got.To != "12345" {
			t.Errorf("%+v, not %+v", got, c.want)
		}
		if (got.Part == nil) != (c.want.Part == nil) || got.Part != nil && *got.Part != *c.want.Part {
			t.Errorf("%+v, not %+v", got.Part, c.want.Part)
		}
	}
}

// Answers in another order, a link that is lost with submits in flight, and
// the link after it.
func TestPeerFails(t *testing.T) {
	s := centreOf(t, nil)
	g, b := linked(t, s, nil)
	s.policy(map[string]any{"submit": nil})
	var sent []<-chan []transport.TextVerdict
	var got []smpptest.Event
	for i := range 8 {
		sent = append(sent, sending(t.Context(), g, text(fmt.Sprint(i))))
		got = append(got, s.want("submit_sm"))
	}
	for i := 7; i >= 4; i-- {
		s.tell("answer", map[string]any{"session": 0, "sequence": got[i].PDU.Sequence, "id": fmt.Sprint("id", i)})
	}
	for i := 4; i < 8; i++ {
		check(t, <-sent[i], fmt.Sprint("taken ESME_ROK id", i))
	}
	s.tell("raw", map[string]any{"session": 0, "hex": hex.EncodeToString(pdu{0x00010203, 0, 99, "vendor"}.octets())})
	if p := s.want("generic_nack").PDU; p.Status != 3 || p.Sequence != 99 {
		t.Errorf("%+v", p)
	}
	s.tell("drop", map[string]any{"session": 0})
	for _, done := range sent[:4] {
		check(t, <-done, "unknown")
	}
	s.want("bind_transceiver")
	awaitBound(t, g)
	s.policy(map[string]any{"submit": 0})
	if v := g.Send(t.Context(), text("after")).Verdicts[0]; v.Outcome != transport.Taken {
		t.Errorf("%+v", v)
	}
	if p := s.want("submit_sm").PDU; p.Short.Text != "after" {
		t.Errorf("%+v was submitted again", p)
	}
	if len(b.late) != 0 {
		t.Error("a late answer out of nothing")
	}
}

func TestPeerRefusesBinds(t *testing.T) {
	s := centreOf(t, nil)
	s.policy(map[string]any{"bind": nil})
	g, _ := joined(t, s, func(c *smpp.Config) { c.Timeouts.Bind = 20 * time.Millisecond })
	s.want("bind_transceiver") // and it is silent
	s.want("close")
	check(t, g.Send(t.Context(), text("a")).Verdicts, "later")
	s.policy(map[string]any{"bind": 13})
	s.want("bind_transceiver")
	s.want("close")
	s.policy(map[string]any{"bind": 0})
	s.want("bind_transceiver")
	awaitBound(t, g)
}

// A carrier that throttles gets less: what follows a complaint is taken.
func TestPeerThrottles(t *testing.T) {
	s := centreOf(t, nil)
	g, _ := linked(t, s, nil)
	s.policy(map[string]any{"perSecond": 20})
	var v transport.TextVerdict
	for v.Code != "ESME_RTHROTTLED" {
		if v = g.Send(t.Context(), text("a")).Verdicts[0]; v.Outcome == transport.Refused || v.Outcome == transport.Unknown {
			t.Fatalf("%+v", v)
		}
	}
	refused := 0
	for range 10 { // without a pause all of them would be in the same second
		if v := g.Send(t.Context(), text("b")).Verdicts[0]; v.Outcome != transport.Taken {
			refused++
		}
	}
	if refused > 2 {
		t.Errorf("%d of 10 were refused", refused)
	}
}
