package email

import (
	"testing"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/nexthop"
	"aviso/transport"
)

const testNow = int64(1_800_000_000_000)

// desk is a service with its books and no database: decisions are pure.
func desk(relays ...*Relay) *Service {
	return &Service{
		domain: "mail.test", relays: relays, lease: 20 * time.Second, retryInitial: 30 * time.Second, retryMax: time.Hour, retryFor: 24 * time.Hour,
		random: func() float64 { return 0 }, claims: account.NewIdempotencyBook(), messages: newMessageBook(), senders: newSenderBook("noreply@mail.test"),
		keys: account.NewKeyBook(2, time.Now), balances: credit.NewBook(), caps: newCapBook(), holds: nexthop.NewBook(nexthop.Relays),
	}
}

// ask prepares an admission for an account with these credits.
func ask(s *Service, credits int64, to ...string) *admission {
	d, f := NewDraft(&Request{To: to, ToList: true, Text: "t"}, Limits{BodyBytes: 100, Recipients: 100})
	a := &admission{s: s, id: "m1", call: &Call{Caller: account.Caller{KeyID: "k", AccountID: "a"}, Channel: HTTP, Draft: d, Fault: f}}
	a.Want()
	s.keys.Know(a.call.Caller, true, false)
	s.balances.Line("a", credit.Email).Credits = credits
	*s.senders.asked.Get(askedSender{"a", "noreply@mail.test"}) = askedFacts{sender: sender{address: "noreply@mail.test", global: true}, found: true}
	return a
}

func TestAdmissionAccepts(t *testing.T) {
	s := desk(&Relay{Name: "primary"})
	a := ask(s, 10, "a@x.test", "b@x.test")
	a.Decide(testNow)
	if a.fault != nil || a.flight == nil {
		t.Fatalf("fault %v", a.fault)
	}
	if got := s.balances.Line("a", credit.Email).Credits; got != 8 {
		t.Errorf("credits %d", got)
	}
	if len(s.messages.inserted) == 0 || a.flight.relay.Name != "primary" || a.flight.smtpMessageID != "<m1@mail.test>" {
		t.Errorf("flight %+v", a.flight)
	}
}

func TestAdmissionRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Service, *admission)
		code   string
	}{
		{"a key that changed meanwhile", func(s *Service, a *admission) { a.call.Caller.KeyID = "other"; s.keys.Want(a.call.Caller) }, "UNAUTHORIZED"},
		{"a disabled key", func(s *Service, a *admission) { s.keys.Know(a.call.Caller, false, false) }, "KEY_DISABLED"},
		{"a suspended account", func(s *Service, a *admission) { s.keys.Know(a.call.Caller, true, true) }, "ACCOUNT_SUSPENDED"},
		{"a sender that is not its own", func(s *Service, _ *admission) {
			s.senders.asked.Get(askedSender{"a", "noreply@mail.test"}).global = false
		}, "SENDER_NOT_ALLOWED"},
		{"too few credits", func(s *Service, _ *admission) { s.balances.Line("a", credit.Email).Credits = 1 }, "INSUFFICIENT_CREDITS"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := desk(&Relay{Name: "primary"})
			a := ask(s, 10, "a@x.test", "b@x.test")
			c.change(s, a)
			before := s.balances.Line("a", credit.Email).Credits
			a.Decide(testNow)
			if a.fault == nil || a.fault.Code != c.code {
				t.Fatalf("fault %v", a.fault)
			}
			if a.flight != nil || len(s.messages.inserted) != 0 || s.balances.Line("a", credit.Email).Credits != before {
				t.Error("a refused call left something behind")
			}
		})
	}
}

func TestAdmissionCountsBeforeItRefuses(t *testing.T) {
	s := desk(&Relay{Name: "primary"})
	_, bad := NewDraft(&Request{}, Limits{BodyBytes: 100, Recipients: 100})
	a := &admission{s: s, id: "m1", call: &Call{Caller: account.Caller{KeyID: "k", AccountID: "a"}, Fault: bad}}
	s.keys.Know(a.call.Caller, true, false)
	for i, want := range []string{"INVALID_REQUEST", "INVALID_REQUEST", "RATE_LIMITED", "RATE_LIMITED"} {
		a.Decide(testNow)
		if a.fault == nil || a.fault.Code != want {
			t.Fatalf("call %d: %v", i, a.fault)
		}
	}
	a.Decide(testNow + account.Window.Milliseconds() + 1)
	if a.fault.Code != "INVALID_REQUEST" {
		t.Errorf("a minute later: %v", a.fault)
	}
}

func TestAdmissionCapped(t *testing.T) {
	day := testNow / dayMillis
	first, second := &Relay{Name: "first", DailyCap: 10}, &Relay{Name: "second", DailyCap: 10}
	cases := []struct {
		name         string
		usedA, usedB int64
		waiting      bool
		relay        string
	}{
		{"room on the first", 8, 0, false, "first"},
		{"never a part of a message", 9, 0, false, "second"},
		{"behind those who wait", 0, 0, true, "second"},
		{"no room anywhere", 10, 9, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := desk(first, second)
			a := ask(s, 10, "a@x.test", "b@x.test")
			a.Decide(testNow)
			if !a.again || a.day != day {
				t.Fatal("the caps of the day were not asked for")
			}
			a.Want()
			s.caps.used[capDay{relayCap("first"), day}].used = c.usedA
			s.caps.used[capDay{relayCap("second"), day}].used = c.usedB
			s.caps.waiting[relayCap("first")] = c.waiting
			a.Decide(testNow)
			if a.again || a.fault != nil {
				t.Fatalf("again %t, fault %v", a.again, a.fault)
			}
			switch {
			case c.relay == "" && (a.flight.relay != nil || a.flight.reason != reasonCapped):
				t.Errorf("flight %+v", a.flight)
			case c.relay != "" && a.flight.relay.Name != c.relay:
				t.Errorf("relay %s", a.flight.relay.Name)
			case c.relay == "first" && s.caps.used[capDay{relayCap("first"), day}].used != c.usedA+2:
				t.Error("nothing was reserved")
			}
		})
	}
}

// sendingFlight is a message of two recipients under a lease, charged 2.
func sendingFlight(s *Service, promised bool) (*flight, *message) {
	f := &flight{id: "m1", account: "a", attempt: 1, relay: &Relay{Name: "primary"}, recipients: []recipient{
		{Recipient: Recipient{Address: "a@x.test"}, state: RecipientWaiting}, {Recipient: Recipient{Address: "b@x.test"}, state: RecipientWaiting}}}
	f.encode = func(o *Outcome) (int, []byte) { return 1, nil }
	m := &message{id: "m1", account: "a", status: Sending, attempt: 1, admission: 1, charged: 2, price: 1, promised: promised, expiresAt: testNow + dayMillis}
	s.messages.wanted["m1"] = m
	f.row = *m
	s.balances.Want("a", credit.Email)
	return f, m
}

func TestSettlement(t *testing.T) {
	v := func(o transport.Outcome) transport.Verdict { return transport.Verdict{Outcome: o, Text: o.String()} }
	cases := []struct {
		name       string
		verdicts   [2]transport.Outcome
		change     func(*flight, *message)
		status     Status
		answer     Status // "" when nobody is answered
		refunded   int64
		due        int64 // from now; 0 for never
		recipients int
	}{
		{name: "all taken", verdicts: [2]transport.Outcome{transport.Taken, transport.Taken}, status: Sent, answer: Sent, recipients: 2},
		{name: "one refused", verdicts: [2]transport.Outcome{transport.Taken, transport.Refused}, status: Sent, answer: Sent, refunded: 1, recipients: 1},
		{name: "all refused", verdicts: [2]transport.Outcome{transport.Refused, transport.Refused}, status: Failed, answer: Failed, refunded: 2},
		{name: "one later", verdicts: [2]transport.Outcome{transport.Taken, transport.Later}, status: Queued, answer: Queued, due: 30_000, recipients: 2},
		{name: "broken after the dot", verdicts: [2]transport.Outcome{transport.Unknown, transport.Unknown}, status: Queued, answer: Queued, due: 300_000, recipients: 2},
		{name: "broken after the dot again", verdicts: [2]transport.Outcome{transport.Unknown, transport.Unknown}, change: func(f *flight, m *message) {
			m.promised, f.recipients[0].unknowns, f.recipients[1].unknowns = true, 1, 1
		}, status: Unknown},
		{name: "promised before", verdicts: [2]transport.Outcome{transport.Taken, transport.Taken}, change: func(_ *flight, m *message) { m.promised = true }, status: Sent},
		{name: "late after a day", verdicts: [2]transport.Outcome{transport.Taken, transport.Later}, change: func(_ *flight, m *message) { m.expiresAt = testNow }, status: Sent, answer: Sent, refunded: 1, recipients: 1},
		{name: "doubted once, late after a day", verdicts: [2]transport.Outcome{transport.Later, transport.Later}, change: func(f *flight, m *message) {
			m.promised, m.expiresAt, f.recipients[0].unknowns, f.recipients[1].unknowns = true, testNow, 1, 1
		}, status: Unknown},
		{name: "late in the last minute", verdicts: [2]transport.Outcome{transport.Taken, transport.Later}, change: func(_ *flight, m *message) {
			m.expiresAt = testNow + 45_000
		}, status: Queued, answer: Queued, due: 30_000, recipients: 2},
		{name: "late after many attempts, shortly before the day is over", verdicts: [2]transport.Outcome{transport.Taken, transport.Later}, change: func(f *flight, m *message) {
			f.attempt, m.attempt, m.expiresAt = 9, 9, testNow+45_000
		}, status: Queued, answer: Queued, due: 45_000, recipients: 2},
		{name: "broken after the dot shortly before the day is over", verdicts: [2]transport.Outcome{transport.Unknown, transport.Unknown}, change: func(_ *flight, m *message) {
			m.expiresAt = testNow + 60_000
		}, status: Queued, answer: Queued, due: 300_000, recipients: 2},
		{name: "broken after the dot after a day", verdicts: [2]transport.Outcome{transport.Unknown, transport.Unknown}, change: func(_ *flight, m *message) {
			m.promised, m.expiresAt = true, testNow
		}, status: Unknown},
		{name: "taken over by another node", verdicts: [2]transport.Outcome{transport.Taken, transport.Taken}, change: func(_ *flight, m *message) { m.attempt = 2 }, status: Sending},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := desk(&Relay{Name: "primary"})
			f, m := sendingFlight(s, false)
			if c.change != nil {
				c.change(f, m)
			}
			w := &settlement{s: s, f: f, verdicts: []transport.Verdict{v(c.verdicts[0]), v(c.verdicts[1])}, body: &Composed{},
				tries: []try{{relay: "primary", verdict: v(c.verdicts[1])}}}
			w.Decide(testNow)
			if m.status != c.status || m.refunded != c.refunded || s.balances.Line("a", credit.Email).Credits != c.refunded {
				t.Fatalf("status %s, refunded %d", m.status, m.refunded)
			}
			if due := m.dueAt; (c.due == 0) != (due == 0) || c.due != 0 && due != testNow+c.due {
				t.Errorf("due in %d", due-testNow)
			}
			if c.answer == "" {
				if w.answer != nil {
					t.Error("somebody was answered")
				}
				return
			}
			if w.answer.Outcome.Status != c.answer || w.answer.Outcome.Recipients != c.recipients {
				t.Errorf("answer %+v", w.answer.Outcome)
			}
			if wantBody := c.status == Queued; wantBody != (len(s.messages.bodies) > 0) {
				t.Errorf("body kept: %t", !wantBody)
			}
		})
	}
}

func TestWhicheverCommitsFirstDecidesTheAnswer(t *testing.T) {
	s := desk(&Relay{Name: "primary"})
	f, _ := sendingFlight(s, false)
	p := &promise{s: s, f: f, composed: &f.composed}
	w := &settlement{s: s, f: f, verdicts: transport.All(2, transport.Verdict{Outcome: transport.Taken})}
	p.Decide(testNow)
	w.Decide(testNow)
	if p.answer == nil || p.answer.Outcome.Status != Queued || w.answer != nil || w.status != Sent {
		t.Errorf("promise first: promise %+v, settlement %+v", p.answer, w.answer)
	}
	s = desk(&Relay{Name: "primary"})
	f, _ = sendingFlight(s, false)
	p, w = &promise{s: s, f: f}, &settlement{s: s, f: f, verdicts: w.verdicts}
	w.Decide(testNow)
	p.Decide(testNow)
	if p.answer != nil || w.answer == nil || w.answer.Outcome.Status != Sent {
		t.Errorf("settlement first: promise %+v, settlement %+v", p.answer, w.answer)
	}
}

func TestRecovery(t *testing.T) {
	cases := []struct {
		name     string
		change   func(*message, *recovery)
		status   Status
		refunded int64
		due      int64
	}{
		{"never answered", func(*message, *recovery) {}, Interrupted, 2, 0},
		{"promised, not sent", func(m *message, _ *recovery) { m.promised = true }, Queued, 0, testNow},
		{"promised, perhaps sent", func(m *message, _ *recovery) { m.promised, m.dotAt = true, 1 }, Queued, 0, testNow + unknownWait.Milliseconds()},
		{"promised, perhaps sent twice", func(m *message, w *recovery) {
			m.promised, m.dotAt = true, 1
			w.recipients[0].unknowns, w.recipients[1].unknowns = 1, 1
		}, Unknown, 0, 0},
		{"promised, perhaps sent, after a day", func(m *message, _ *recovery) { m.promised, m.dotAt, m.expiresAt = true, 1, testNow }, Unknown, 0, 0},
		{"the lease still runs", func(m *message, _ *recovery) { m.dueAt = testNow + 1 }, Sending, 0, testNow + 1},
		{"settled meanwhile", func(m *message, _ *recovery) { m.status, m.dueAt = Sent, 0 }, Sent, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := desk(&Relay{Name: "primary"})
			f, m := sendingFlight(s, false)
			m.dueAt = testNow
			w := &recovery{s: s, id: "m1", account: "a", attempt: 1, recipients: f.recipients}
			c.change(m, w)
			w.Decide(testNow)
			if m.status != c.status || m.refunded != c.refunded || m.dueAt != c.due {
				t.Errorf("status %s, refunded %d, due %d", m.status, m.refunded, m.dueAt)
			}
		})
	}
}

// A message whose node died before the dot does not wait for the places that it
// had itself.
func TestRecoveryGivesPlacesBack(t *testing.T) {
	const day = testNow / dayMillis
	s := desk(&Relay{Name: "primary", DailyCap: 3})
	f, m := sendingFlight(s, false)
	m.promised, m.dueAt, m.relay, m.reserved, m.reservedDay = true, testNow, "primary", 2, day
	w := &recovery{s: s, id: "m1", account: "a", attempt: 1, sender: m.sender, reserved: day, recipients: f.recipients}
	w.Want()
	relay, own := s.caps.used[capDay{relayCap("primary"), day}], s.caps.used[capDay{senderCap(m.sender), day}]
	relay.used, own.used = 3, 2
	w.Decide(testNow)
	if m.status != Queued || m.reserved != 0 || relay.used != 1 || own.used != 0 {
		t.Errorf("%s, %d reserved, %d and %d used", m.status, m.reserved, relay.used, own.used)
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
		if got := backoff(int64(n), 30*time.Second, time.Hour, func() float64 { return 0 }); got != want {
			t.Errorf("after %d attempts %s, want %s", n, got, want)
		}
	}
	if got := backoff(1000, 30*time.Second, time.Hour, func() float64 { return 0.5 }); got != time.Hour+6*time.Minute {
		t.Errorf("the longest wait is %s", got)
	}
}
