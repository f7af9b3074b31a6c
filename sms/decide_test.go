package sms

import (
	"slices"
	"testing"
	"time"

	"aviso/account"
	"aviso/audit"
	"aviso/credit"
	"aviso/nexthop"
	"aviso/transport"
)

const testNow = int64(1_800_000_000_000)

// desk is a service with its books and no database: decisions are pure.
func desk(gateways ...*Gateway) *Service {
	s := &Service{gateways: gateways, sender: "+2899682626", lease: 20 * time.Second, now: func() time.Time { return time.UnixMilli(testNow) },
		claims: account.NewIdempotencyBook(), messages: newMessageBook(), segments: newSegmentBook(), receipts: &receiptBook{}, holds: nexthop.NewBook(nexthop.Gateways),
		keys: account.NewKeyBook(0, time.Now), accounts: newAccountBook(), balances: credit.NewBook(),
		totals: newTotalsBook(func() float64 { return 0 }), audits: &audit.Book{},
		binds: newBinds(gateways)}
	s.in = &inbound{optouts: newOptoutBook()}
	return s
}

// ask prepares an admission for an approved account with these credits.
func ask(s *Service, credits int64) *admission {
	d, f := Parse("+447700900123", "hello", Limits{Countries: []string{"*"}})
	a := &admission{s: s, id: "m1", draws: make([]float64, len(s.gateways)), call: &Call{Caller: account.Caller{KeyID: "k", AccountID: "a"}, Draft: d, Fault: f}}
	a.Want()
	s.keys.Know(a.call.Caller, true, false)
	s.accounts.wanted.Get("a").status = applicationApproved
	s.balances.Line("a", credit.SMS).Credits = credits
	return a
}

// One that texts only come in by is no way out.
func TestAdmissionWithoutAWayOut(t *testing.T) {
	for _, gateways := range [][]*Gateway{nil, {{Name: "ears", ReceiveOnly: true}}} {
		s := desk(gateways...)
		a := ask(s, 100)
		a.Decide(testNow)
		if a.fault == nil || a.fault.Code != "SMS_NOT_ENABLED" || s.balances.Line("a", credit.SMS).Credits != 100 {
			t.Errorf("%d gateways: %v", len(gateways), a.fault)
		}
	}
}

func TestAdmissionAccepts(t *testing.T) {
	s := desk(&Gateway{Name: "first", Weight: 1, Sender: "AVISO"})
	a := ask(s, 10)
	a.Decide(testNow)
	if a.fault != nil || a.flight == nil {
		t.Fatalf("fault %v", a.fault)
	}
	if got := s.balances.Line("a", credit.SMS).Credits; got != 9 {
		t.Errorf("credits %d", got)
	}
	if m := a.flight.row; m.gateway != "first" || m.ours != "AVISO" || m.number != 1 || m.charged != 1 || m.dueAt != testNow+20_000 || len(s.messages.inserted) == 0 {
		t.Errorf("%+v", m)
	}
}

// The faults of a call in the order in which they are answered: each case has
// all that stand behind it as well.
func TestOrderOfAnswers(t *testing.T) {
	s := desk(&Gateway{Name: "first", Weight: 1})
	steps := []struct {
		code string
		mend func(a *admission)
	}{
		{"UNAUTHORIZED", func(a *admission) { a.call.Caller.KeyID = "k"; s.keys.Know(a.call.Caller, true, true) }},
		{"SMS_NOT_ENABLED", func(a *admission) { s.keys.Know(a.call.Caller, true, false) }},
		{"SMS_NOT_ENABLED", func(a *admission) { s.accounts.wanted.Get("a").status = applicationSuspended }},
		{"SMS_NOT_ENABLED", func(a *admission) { s.accounts.wanted.Get("a").status = applicationApproved }},
		{"INVALID_CONTENT", func(a *admission) { a.call.Fault = nil }},
		{"IDEMPOTENCY_KEY_REUSED", func(a *admission) { a.call.Claim = nil }},
		{"RECIPIENT_OPTED_OUT", func(a *admission) { s.in.optouts.lift("+447700900123") }},
		{"INSUFFICIENT_CREDITS", func(a *admission) { s.balances.Line("a", credit.SMS).Credits = 1 }},
		{"UNAVAILABLE", func(a *admission) { s.holds.Held = false }},
		{"", nil},
	}
	a := ask(s, 0)
	_, a.call.Fault = Parse("+447700900123", "", Limits{Countries: []string{"*"}})
	a.call.Claim = &account.Claim{Account: "a", Key: "k"}
	s.claims.Want(a.call.Claim)
	s.claims.Begin(a.call.Claim, "m0", testNow)
	a.call.Claim = &account.Claim{Account: "a", Key: "k", BodyHash: [32]byte{1}}
	s.in.optouts.block("+447700900123", "stop", testNow)
	s.holds.Held = true
	s.accounts.wanted.Get("a").status = applicationPending
	a.call.Caller.KeyID = "unknown"
	s.keys.Want(a.call.Caller)
	for _, step := range steps {
		a.Decide(testNow)
		got := ""
		if a.fault != nil {
			got = a.fault.Code
		}
		if got != step.code {
			t.Fatalf("answered %q, not %q", got, step.code)
		}
		if accepted := a.flight != nil; accepted != (step.code == "") || accepted != (len(s.messages.inserted) > 0) {
			t.Fatalf("%q left something behind", step.code)
		}
		if step.mend != nil {
			step.mend(a)
		}
	}
}

func TestChoose(t *testing.T) {
	down := func() transport.Health { return transport.Health{} }
	gateways := []*Gateway{{Name: "reserve"}, {Name: "down", Weight: 9, Health: down}, {Name: "light", Weight: 1}, {Name: "heavy", Weight: 3}, {Name: "paused", Weight: 9},
		{Name: "ears", Weight: 9, ReceiveOnly: true}}
	for _, c := range []struct {
		name  string
		draws []float64
		want  []string
	}{
		{"by draw", []float64{0, 0, 0.1, 0.9, 0, 0}, []string{"light", "heavy", "reserve", "down"}},
		{"by weight", []float64{0, 0, 0.5, 0.5, 0, 0}, []string{"heavy", "light", "reserve", "down"}},
	} {
		s := desk(gateways...)
		s.holds.Paused["paused"] = true
		list, f := s.choose(c.draws)
		var names []string
		for _, g := range list {
			names = append(names, g.Name)
		}
		if f != nil || !slices.Equal(names, c.want) {
			t.Errorf("%s: %v, %v", c.name, names, f)
		}
	}
	s := desk(gateways[4])
	s.holds.Paused["paused"] = true
	if list, f := s.choose([]float64{0}); f == nil || f.Code != "UNAVAILABLE" || list != nil {
		t.Errorf("%v, %v", list, f)
	}
}

// Each gateway has its share of the texts, by weight.
func TestChooseShares(t *testing.T) {
	s := desk(&Gateway{Name: "one", Weight: 1}, &Gateway{Name: "three", Weight: 3})
	const steps = 200
	first := 0
	for i := range steps {
		for j := range steps {
			list, _ := s.choose([]float64{(float64(i) + 0.5) / steps, (float64(j) + 0.5) / steps})
			if list[0].Name == "one" {
				first++
			}
		}
	}
	if share := float64(first) / (steps * steps); share < 0.24 || share > 0.26 {
		t.Errorf("weight 1 beside weight 3 has %f of the texts", share)
	}
}

// sendingFlight is a text of two segments under a lease, charged 2.
func sendingFlight(s *Service) (*flight, *message) {
	d, _ := Parse("+447700900123", "hello", Limits{Countries: []string{"*"}})
	f := &flight{id: "m1", account: "a", attempt: 1, draft: d, gateways: s.gateways}
	f.current.Store(s.gateways[0])
	f.encode = func(o *Outcome) (int, []byte) { return 1, []byte(o.Status) }
	m := &message{id: "m1", account: "a", direction: Out, peer: d.Recipient, status: Sending, attempt: 1, charged: 2, segments: 2, gateway: s.gateways[0].Name}
	s.messages.wanted["m1"] = m
	f.row = *m
	s.balances.Want("a", credit.SMS)
	return f, m
}

func settle(s *Service, f *flight, outcomes ...transport.Outcome) *settlement {
	w := &settlement{s: s, f: f, submission: submission{gateway: s.gateways[0], parts: 2, started: testNow - 1000}}
	for _, o := range outcomes {
		w.report.Verdicts = append(w.report.Verdicts, transport.TextVerdict{Outcome: o})
	}
	return w
}

func TestWhicheverCommitsFirstDecidesTheAnswer(t *testing.T) {
	s := desk(&Gateway{Name: "first", Weight: 1})
	f, m := sendingFlight(s)
	p, w := &promise{s: s, f: f}, settle(s, f, transport.Taken, transport.Taken)
	again := &promise{s: s, f: f}
	p.Decide(testNow)
	if again.Decide(testNow); again.answer != nil {
		t.Error("a call was answered twice")
	}
	w.Decide(testNow)
	if p.answer == nil || p.answer.Outcome.Status != Unknown || w.answer != nil || m.status != Sent {
		t.Errorf("promise first: promise %+v, settlement %+v", p.answer, w.answer)
	}
	f, m = sendingFlight(s)
	p, w = &promise{s: s, f: f}, settle(s, f, transport.Taken, transport.Taken)
	w.Decide(testNow)
	p.Decide(testNow)
	if p.answer != nil || w.answer == nil || w.answer.Outcome.Status != Sent || m.status != Sent {
		t.Errorf("settlement first: promise %+v, settlement %+v", p.answer, w.answer)
	}
	f, m = sendingFlight(s)
	m.attempt = 2
	w = settle(s, f, transport.Refused, transport.Later)
	if w.Decide(testNow); w.status != "" || w.answer != nil || m.status != Sending || m.refunded != 0 {
		t.Errorf("settled under another's lease: %+v", m)
	}
}

func TestSettlementRefundsOnce(t *testing.T) {
	s := desk(&Gateway{Name: "first", Weight: 1})
	f, m := sendingFlight(s)
	w := settle(s, f, transport.Taken, transport.Refused)
	w.Decide(testNow)
	if m.status != Failed || m.refunded != 2 || s.balances.Line("a", credit.SMS).Credits != 2 || w.answer.Outcome.Fault.Code != "PROVIDER_FAILURE" || w.answer.Outcome.Charged != 0 {
		t.Fatalf("%+v, %+v", m, w.answer)
	}
	list := []*segment{{state: SegmentRefused}}
	if became, back := s.reconsider(m, list, testNow); became != "" || back != 0 || s.balances.Line("a", credit.SMS).Credits != 2 {
		t.Errorf("refunded again: %d", back)
	}
}

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		name string
		list []*segment
		want Status
	}{
		{"taken", []*segment{{state: SegmentTaken}, {state: SegmentTaken}}, Sent},
		{"one in doubt", []*segment{{state: SegmentTaken}, {state: SegmentUnknown}}, Unknown},
		{"one in doubt, one never left", []*segment{{state: SegmentUnknown}, {state: SegmentWaiting}}, Unknown},
		{"one never left", []*segment{{state: SegmentTaken}, {state: SegmentWaiting}}, Failed},
		{"one refused", []*segment{{state: SegmentRefused}, {state: SegmentUnknown}}, Failed},
		{"one delivered", []*segment{{state: SegmentTaken, receipt: transport.Delivered}, {state: SegmentTaken, receipt: transport.Enroute}}, Sent},
		{"one deleted", []*segment{{state: SegmentTaken, receipt: transport.Deleted}, {state: SegmentTaken}}, Undelivered},
		{"delivered", []*segment{{state: SegmentTaken, receipt: transport.Delivered}, {state: SegmentTaken, receipt: transport.Delivered}}, Delivered},
	} {
		if got := add(c.list); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestTransitions(t *testing.T) {
	all := []Status{Sending, Sent, Unknown, Failed, Interrupted, Delivered, Undelivered, Received}
	allowed := 0
	for _, from := range all {
		for _, to := range all {
			if canBecome(from, to) {
				allowed++
				if from.Final() {
					t.Errorf("%s is final and becomes %s", from, to)
				}
			}
		}
	}
	if allowed != 11 || canBecome(Interrupted, Sending) || canBecome(Failed, Delivered) {
		t.Errorf("%d transitions", allowed)
	}
}

func TestShare(t *testing.T) {
	for n := range 8 {
		for nodes := 1; nodes < 5; nodes++ {
			for turn := range 3 {
				sum, least, most := 0, n, 0
				for rank := range nodes {
					s := share(n, nodes, rank, turn)
					sum, least, most = sum+s, min(least, s), max(most, s)
				}
				if sum != n || most-least > 1 {
					t.Errorf("%d links over %d nodes: %d, from %d to %d", n, nodes, sum, least, most)
				}
			}
		}
	}
}

func TestProviderKeys(t *testing.T) {
	for id, want := range map[string][]string{
		"":           nil,
		"0":          {"0"},
		"00A1":       {"a1", "161"},
		"161":        {"161", "a1", "353"},
		"SM0a":       {"sm0a"},
		" 12-34 ":    {"12-34"},
		"1e3":        {"1e3", "483"},
		"9999999999": {"9999999999", "2540be3ff", "659706976665"},
	} {
		if got := providerKeys(id); !slices.Equal(got, want) {
			t.Errorf("%q: %q", id, got)
		}
	}
}

func TestSameNumber(t *testing.T) {
	for _, c := range []struct {
		meant, written string
		same           bool
	}{
		{"+447700900123", "447700900123", true},
		{"+447700900123", "00447700900123", true},
		{"+447700900123", "07700900123", true},
		{"+447700900123", "900123", false},
		{"+447700900123", "447700900124", false},
		{"AVISO", "aviso", true},
		{"AVISO", "other", false},
	} {
		if sameNumber(c.meant, c.written) != c.same {
			t.Errorf("%q and %q", c.meant, c.written)
		}
	}
}

func TestReferences(t *testing.T) {
	for i := range 1000 {
		list := references(string(rune(i)), 12)
		slices.Sort(list)
		if len(slices.Compact(list)) != 12 || list[0] == 0 {
			t.Fatalf("%v", list)
		}
	}
}
