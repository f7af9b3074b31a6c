package smpp

import (
	"testing"
	"time"
)

// Complaints about one burst count once; what was submitted afterwards counts
// again.
func TestPaceShrinks(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newPace(32, 0)
	for range 100 {
		p.taken(now)
	}
	if p.wait(now) != 0 || !p.room(31) || p.room(32) {
		t.Fatalf("%+v", p)
	}
	later := now.Add(time.Millisecond)
	for range 32 {
		p.throttled(later, now)
	}
	if p.room(16) || !p.room(15) || p.rate != 75 || p.wait(later) != time.Second {
		t.Errorf("%+v", p)
	}
	// One that comes late is about the same burst.
	before := *p
	p.throttled(later.Add(2*time.Second), now)
	if *p != before {
		t.Errorf("%+v, not %+v", *p, before)
	}
	// Another in the same second is no reason to slow down more.
	later = later.Add(time.Millisecond)
	p.throttled(later, later)
	if !p.room(15) || p.rate != 75 || p.wait(later) != time.Second {
		t.Errorf("%+v", p)
	}
	later = later.Add(time.Second)
	for range 40 {
		p.taken(later)
	}
	p.throttled(later, later)
	if p.room(16) || !p.room(8) || p.rate > 75 || p.rate < 50 || p.wait(later) > 20*time.Millisecond {
		t.Errorf("%+v", p)
	}
	for range 20 {
		later = later.Add(time.Minute)
		p.throttled(later, later)
	}
	if p.room(1) || !p.room(0) || p.rate != slowest {
		t.Errorf("%+v", p)
	}
}

// Both grow again, up to what is configured and no further.
func TestPaceGrows(t *testing.T) {
	for _, fixed := range []float64{0, 40} {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p := newPace(8, fixed)
		for range 20 {
			p.taken(now)
		}
		p.throttled(now, now)
		if p.rate != 15 {
			t.Fatalf("%+v", p)
		}
		was := p.rate
		for range 2000 {
			now = now.Add(p.wait(now))
			p.submitted(now)
			p.taken(now)
			if p.rate != fixed && p.rate <= was {
				t.Fatalf("%v after %v", p.rate, was)
			}
			was = p.rate
		}
		if p.rate != fixed || !p.room(7) || p.room(8) {
			t.Errorf("%+v", p)
		}
	}
}

// A late timer costs no rate, but silence is not saved up for a burst.
func TestPaceCatchesUp(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newPace(1000, 1000)
	p.submitted(now)
	now = now.Add(time.Hour)
	n := 0
	for p.wait(now) == 0 {
		p.submitted(now)
		n++
	}
	if n < 10 || n > 11 {
		t.Errorf("%d at once", n)
	}
}
