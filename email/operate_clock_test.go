package email

import "testing"

func TestClockResumes(t *testing.T) {
	const hour = 3_600_000
	at := func(h float64) int64 { return int64(h * hour) }
	type lift struct{ from, until, now float64 }
	cases := []struct {
		name     string
		admitted float64
		due      float64
		lifts    []lift
		expires  float64 // beside the 24 hours
		dueAfter float64
	}{
		{"queued before the stop", 8, 9, []lift{{10, 14, 14}}, 4, 9},
		{"queued before the stop, due later", 8, 20, []lift{{10, 14, 14}}, 4, 20},
		{"queued during the stop", 12, 13, []lift{{10, 14, 14}}, 2, 13},
		{"queued just before the end", 13.9, 14.1, []lift{{10, 14, 14}}, 0.1, 14},
		{"queued behind it", 15, 16, []lift{{10, 14, 14}}, 0, 16},
		{"broken off and made again", 8, 9, []lift{{10, 14, 14}, {10, 15, 15}}, 5, 9},
		{"two stops in turn", 8, 9, []lift{{10, 12, 12}, {14, 15, 15}}, 3, 9},
		// hold 12-16, suspended 10-14: while both last, one gives the time back
		{"a hold beside a suspension that ends first", 8, 9, []lift{{10, 12, 14}, {12, 16, 16}}, 6, 9},
		// hold 12-16, suspended 10-20
		{"a hold within a suspension", 8, 9, []lift{{12, 10, 16}, {10, 20, 20}}, 10, 9},
		// suspended 12-14, hold 10-16
		{"a suspension within a hold", 8, 9, []lift{{12, 10, 14}, {10, 16, 16}}, 6, 9},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := clock{admittedAt: at(c.admitted), dueAt: at(c.due), expiresAt: at(c.admitted + 24)}
			for _, l := range c.lifts {
				m.resume(at(l.from), at(l.until), at(l.now))
				before := m
				if m.resume(at(l.from), at(l.until), at(l.now)) || m != before {
					t.Error("the same again changed something")
				}
			}
			if got := m.expiresAt - at(c.admitted+24); got != at(c.expires) {
				t.Errorf("given back %g hours, want %g", float64(got)/hour, c.expires)
			}
			if m.dueAt != at(c.dueAfter) {
				t.Errorf("due at %g, want %g", float64(m.dueAt)/hour, c.dueAfter)
			}
		})
	}
}
