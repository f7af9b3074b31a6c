package sms

import (
	"testing"

	"aviso/credit"
	"aviso/transport"
)

// A status that is final stays, whatever its segments add up to later.
func TestFinalStatusesStay(t *testing.T) {
	for _, from := range []Status{Failed, Interrupted, Delivered, Undelivered} {
		for _, last := range []segment{{state: SegmentRefused}, {state: SegmentTaken, receipt: transport.Delivered}, {state: SegmentTaken, receipt: transport.Expired}, {state: SegmentTaken}} {
			s := desk()
			s.balances.Want("a", credit.SMS)
			m := &message{id: "m1", account: "a", status: from, charged: 1, segments: 1}
			became, back := s.reconsider(m, []*segment{&last}, testNow)
			if became != "" || back != 0 || m.status != from || m.changed || s.balances.Line("a", credit.SMS).Credits != 0 {
				t.Errorf("%s became %s, %d refunded", from, m.status, back)
			}
		}
	}
}

// What an unknown text becomes counts it as sent once, with the moment it was
// known.
func TestUnknownIsCountedWhenItIsKnown(t *testing.T) {
	s := desk()
	m := &message{status: Unknown, segments: 1}
	g := &segment{state: SegmentUnknown}
	for _, state := range []transport.ReceiptState{transport.Enroute, transport.Delivered} {
		g.report(&receipt{Receipt: transport.Receipt{State: state, ProviderID: "p"}}, testNow)
		s.reconsider(m, []*segment{g}, testNow)
	}
	if m.status != Delivered || m.sentAt != testNow || m.doneAt != testNow || s.totals.added.Sent != 1 || g.provider != "p" {
		t.Errorf("%+v, %+v", m, s.totals.added)
	}
}

// The first conclusive receipt of a segment stays.
func TestConclusiveReceiptsStay(t *testing.T) {
	for _, c := range []struct {
		first, then, want transport.ReceiptState
	}{
		{transport.Enroute, transport.Delivered, transport.Delivered},
		{transport.Delivered, transport.Enroute, transport.Delivered},
		{transport.Delivered, transport.Rejected, transport.Delivered},
		{transport.Rejected, transport.Delivered, transport.Rejected},
		{transport.Expired, transport.Delivered, transport.Expired},
	} {
		g := &segment{state: SegmentTaken}
		for _, state := range []transport.ReceiptState{c.first, c.then} {
			g.report(&receipt{Receipt: transport.Receipt{State: state}}, testNow)
		}
		if refused := g.state == SegmentRefused; g.receipt != c.want || refused != (c.want == transport.Rejected) {
			t.Errorf("%s, then %s: %s, %s", c.first, c.then, g.receipt, g.state)
		}
	}
}

// A late answer changes nothing that is known, nor what another gateway has.
func TestLateAnswerOfWhatIsKnown(t *testing.T) {
	for _, c := range []struct {
		name   string
		status Status
		g      segment
		part   int
		early  bool
		want   Status
	}{
		{"unknown", Unknown, segment{gateway: "first", state: SegmentUnknown}, 0, false, Failed},
		{"taken before", Sent, segment{gateway: "first", state: SegmentTaken}, 0, false, Sent},
		{"another gateway's", Unknown, segment{gateway: "second", state: SegmentUnknown}, 0, false, Unknown},
		{"a part that is not there", Unknown, segment{gateway: "first", state: SegmentUnknown}, 1, false, Unknown},
		{"not settled yet", Sending, segment{gateway: "first", state: SegmentUnknown}, 0, true, Sending},
		{"interrupted", Interrupted, segment{gateway: "first", state: SegmentUnknown}, 0, false, Interrupted},
	} {
		s := desk()
		s.balances.Want("a", credit.SMS)
		m := &message{id: "m1", account: "a", status: c.status, charged: 1, segments: 1}
		s.messages.wanted["m1"], s.segments.wanted["m1"] = m, []*segment{&c.g}
		w := &lateAnswer{s: s, account: "a", answer: &transport.LateAnswer{Gateway: "first", TextID: "m1", Part: c.part, Verdict: transport.TextVerdict{Outcome: transport.Refused}}}
		if w.Decide(testNow); w.early != c.early || m.status != c.want || (m.refunded > 0) != (c.want == Failed) {
			t.Errorf("%s: %+v, early %t", c.name, m, w.early)
		}
	}
}
