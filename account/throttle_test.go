package account

import (
	"testing"
	"time"

	"aviso/fault"
)

func TestThrottle(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	th := NewThrottle(3, func() time.Time { return now })
	take := func(name string, want time.Duration) {
		t.Helper()
		f := th.Take(name)
		switch {
		case want == 0 && f != nil:
			t.Errorf("%s is refused: %v", name, f)
		case want != 0 && (f == nil || f.Kind != fault.RateLimited || f.RetryAfter != want):
			t.Errorf("%s: %+v", name, f)
		}
	}
	for range 3 {
		take("a", 0)
		take("b", 0) // nobody's calls count for somebody else
		now = now.Add(time.Second)
	}
	take("a", 57*time.Second+time.Millisecond)
	now = now.Add(57 * time.Second)
	take("a", time.Millisecond)
	now = now.Add(time.Millisecond)
	take("a", 0)
	take("a", time.Second)
}

// Names that nobody uses any more are forgotten; one that is refused all the
// time is not let in for it.
func TestThrottleForgets(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	th := NewThrottle(1, func() time.Time { return now })
	for i := range 1000 {
		th.Take(string(rune('a' + i)))
	}
	now = now.Add(time.Second)
	th.Take("late")
	now = now.Add(Window)
	if th.Take("late") == nil {
		t.Error("the minute has not passed, both ends included")
	}
	now = now.Add(2 * Window)
	if f := th.Take("b"); f != nil {
		t.Error(f)
	}
	if n := len(th.windows); n != 1 {
		t.Errorf("%d names are remembered", n)
	}
}
