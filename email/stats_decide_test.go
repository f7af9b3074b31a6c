package email

import (
	"slices"
	"testing"

	"aviso/credit"
	"aviso/transport"
)

// The usual message costs the statistics nothing: after the first of its
// account's day neither its admission nor its settlement writes to them.
func TestTheUsualMessageIsNotCounted(t *testing.T) {
	s := desk(&Relay{Name: "primary"})
	a := ask(s, 10, "a@x.test", "b@x.test")
	s.balances.Line("a", credit.Email).Spent = 7
	s.senders.accounts.Get("a").messages = 4
	a.Decide(testNow)
	if got := s.messages.days.begun; !slices.Equal(got, []any{"a", testNow / dayMillis, int64(5), int64(7)}) {
		t.Errorf("the first of the day: %v", got)
	}
	s.messages.days.Reset()
	second := &admission{s: s, id: "m2", call: a.call}
	second.Decide(testNow)
	if got := s.messages.days.begun; second.flight == nil || len(got) != 0 {
		t.Errorf("the second of the day: %v", got)
	}
	settle := func(o transport.Outcome) []any {
		s.messages.Reset()
		w := &settlement{s: s, f: second.flight, verdicts: transport.All(2, transport.Verdict{Outcome: o}), body: &Composed{}, tries: []try{{relay: "primary"}}}
		w.Want()
		s.messages.leases.Load("m2", lease{Sending, 1, false, testNow, 0})
		w.Decide(testNow)
		return s.messages.days.moved()
	}
	day := testNow / dayMillis
	if got := settle(transport.Taken); len(s.messages.finished["primary"]) != 1 || len(got) != 0 {
		t.Errorf("sent: %v", got)
	}
	if got := settle(transport.Later); !slices.Equal(got, []any{"a", day, int64(1), int64(0), int64(0)}) {
		t.Errorf("queued: %v", got)
	}
	if got := settle(transport.Refused); !slices.Equal(got, []any{"a", day, int64(0), int64(1), int64(0)}) {
		t.Errorf("failed: %v", got)
	}
}

// What is dated may not be of a day before the account's latest, or its days
// would not be ranges of its numbers.
func TestADayDoesNotComeBack(t *testing.T) {
	s := desk(&Relay{Name: "primary"})
	a := ask(s, 10, "a@x.test")
	tomorrow := testNow/dayMillis + 1
	s.senders.accounts.Get("a").day = tomorrow
	a.Decide(testNow)
	if a.flight == nil || a.flight.row.createdAt != tomorrow*dayMillis || len(s.messages.days.begun) != 0 {
		t.Errorf("%+v, %v", a.flight, s.messages.days.begun)
	}
}
