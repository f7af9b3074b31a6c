package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"aviso/transport"
	"aviso/transport/sandbox"
	"aviso/transport/transporttest"
)

// kept is what one call of the store got.
type kept struct {
	relay string
	mail  *transport.Mail
	to    []string
}

// open returns a sandbox and what it has captured so far.
func open(fail error) (*sandbox.Relay, func() []kept) {
	var mu sync.Mutex
	var all []kept
	relay := sandbox.New("primary", func(_ context.Context, name string, m *transport.Mail, to []string) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, kept{name, m, to})
		return fail
	})
	return relay, func() []kept {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestStory(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transporttest.Hop {
		relay, _ := open(nil)
		return transporttest.Hop{
			Mailer:  relay,
			Taken:   func(n int) string { return fmt.Sprintf("yes%d@story.test", n) },
			Refused: "refused@story.test",
			Later:   "later@story.test",
		}
	})
}

func outcomes(r transport.Report) (list []transport.Outcome) {
	for _, v := range r.Verdicts {
		list = append(list, v.Outcome)
	}
	return list
}

// The two magic local parts work at every domain and in every spelling, and
// nothing that only looks like them does.
func TestMagicAddresses(t *testing.T) {
	for address, want := range map[string]transport.Verdict{
		"refused@x.test":         {Outcome: transport.Refused, Code: 550, Enhanced: "5.1.1"},
		"Refused@other.test":     {Outcome: transport.Refused, Code: 550, Enhanced: "5.1.1"},
		"later@x.test":           {Outcome: transport.Later, Code: 451, Enhanced: "4.3.0"},
		"LATER@x.test":           {Outcome: transport.Later, Code: 451, Enhanced: "4.3.0"},
		"ada@x.test":             {Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0"},
		"ada+refused@x.test":     {Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0"},
		"refused.later@x.test":   {Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0"},
		"ada@refused.later.test": {Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0"},
	} {
		relay, captured := open(nil)
		report := relay.Send(t.Context(), &transport.Mail{ID: "1", To: []string{address}})
		got := report.Verdicts[0]
		if got.Text == "" || !report.Reached {
			t.Errorf("%s: %+v", address, report)
		}
		if got.Text = ""; got != want {
			t.Errorf("%s: %+v", address, got)
		}
		if n := len(captured()); (n == 1) != (want.Outcome == transport.Taken) || n > 1 {
			t.Errorf("%s: captured %d times", address, n)
		}
	}
}

// A message is captured once, for those who were taken.
func TestCapturesOnce(t *testing.T) {
	relay, captured := open(nil)
	m := &transport.Mail{ID: "1", To: []string{"ada@x.test", "refused@x.test", "eve@x.test", "later@x.test"}, Data: []byte("\r\n")}
	relay.Send(t.Context(), m)
	all := captured()
	if len(all) != 1 || all[0].relay != "primary" || all[0].mail != m || !slices.Equal(all[0].to, []string{"ada@x.test", "eve@x.test"}) {
		t.Errorf("%+v", all)
	}
}

// What could not be kept was not taken; who was refused stays refused.
func TestStoreThatFails(t *testing.T) {
	relay, _ := open(errors.New("secret of the database"))
	report := relay.Send(t.Context(), &transport.Mail{ID: "1", To: []string{"refused@x.test", "ada@x.test"}})
	if got := outcomes(report); !slices.Equal(got, []transport.Outcome{transport.Refused, transport.Later}) {
		t.Errorf("%v", got)
	}
	if text := report.Verdicts[1].Text; text != "the sandbox could not keep the message" {
		t.Errorf("%q", text)
	}
}

// Nothing is recorded for a message whose dot needs no record, and nothing is
// captured of one whose record failed.
func TestBeforeTheDot(t *testing.T) {
	for name, c := range map[string]struct {
		free             func() bool
		err              error
		records, capture int
	}{
		"recorded":       {nil, nil, 1, 1},
		"not free":       {func() bool { return false }, nil, 1, 1},
		"free":           {func() bool { return true }, nil, 0, 1},
		"record refused": {nil, transport.ErrNotMine, 1, 0},
	} {
		relay, captured := open(nil)
		records := 0
		relay.Send(t.Context(), &transport.Mail{ID: "1", To: []string{"ada@x.test", "eve@x.test"}, DotFree: c.free,
			BeforeDot: func(context.Context) error { records++; return c.err }})
		if records != c.records || len(captured()) != c.capture {
			t.Errorf("%s: recorded %d times, captured %d times", name, records, len(captured()))
		}
	}
}
