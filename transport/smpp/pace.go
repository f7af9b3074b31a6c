package smpp

import "time"

const (
	// slowest is the least a throttled bind submits, in submits a second.
	slowest = 0.5
	// unthrottled is how many times what was too much the rate must reach
	// without a complaint before nothing but the window holds a bind.
	unthrottled = 4
	// burst is how far a bind may catch up when it was late. Without it a timer
	// that fires late would cost rate for ever.
	burst = 10 * time.Millisecond
)

// pace is how fast one bind may submit: a window and a rate. Both shrink when
// the gateway complains, and grow a little with each submit it takes (additive
// increase, multiplicative decrease). The window alone would not do: carriers
// throttle by the second, and a window of one with answers within a
// millisecond is a thousand submits a second.
type pace struct {
	most  int     // the window as configured
	fixed float64 // the rate as configured; 0: none

	window  float64
	rate    float64 // submits a second; 0: none
	tooMuch float64 // what was taken in the second that brought a complaint

	next   time.Time // nothing is submitted before
	slowed time.Time // the last complaint that counted
	meter  meter
}

func newPace(window int, rate float64) *pace {
	return &pace{most: window, fixed: rate, window: float64(window), rate: rate}
}

// room reports whether one more may be without an answer.
func (p *pace) room(inUse int) bool { return inUse < int(p.window) }

// wait is how long nothing may be submitted.
func (p *pace) wait(now time.Time) time.Duration {
	if p.rate == 0 {
		return 0
	}
	return max(0, p.next.Sub(now))
}

// submitted counts one submit against the rate.
func (p *pace) submitted(now time.Time) {
	if p.rate == 0 {
		return
	}
	if late := now.Add(-burst); p.next.Before(late) {
		p.next = late
	}
	p.next = p.next.Add(p.gap())
}

func (p *pace) gap() time.Duration { return time.Duration(float64(time.Second) / p.rate) }

// taken lets both grow.
func (p *pace) taken(now time.Time) {
	p.meter.count(now)
	p.window = min(float64(p.most), p.window+1/p.window)
	if p.rate == p.fixed {
		return
	}
	gain := p.tooMuch / 20 // a second, in full use
	if p.rate > p.tooMuch {
		gain *= 4 // the carrier allows more than it did
	}
	p.rate += gain / p.rate
	switch {
	case p.fixed > 0:
		p.rate = min(p.rate, p.fixed)
	case p.rate >= unthrottled*p.tooMuch:
		p.rate = 0
	}
}

// throttled halves the window and sets the rate to three quarters of what the
// gateway took. One burst over the limit brings as many complaints as were in
// flight: those about submits from before the last one that counted say
// nothing new. Another within a second only says that this second is full.
func (p *pace) throttled(now, written time.Time) {
	if written.Before(p.slowed) {
		return
	}
	full := p.rate == 0 || now.Sub(p.slowed) < time.Second
	if now.Sub(p.slowed) >= time.Second {
		p.tooMuch = max(p.meter.best(now), slowest)
		if p.rate > 0 {
			p.tooMuch = min(p.tooMuch, p.rate)
		}
		p.rate = max(slowest, p.tooMuch*3/4)
		p.window = max(1, p.window/2)
	}
	p.slowed = now
	p.next = now.Add(p.gap())
	if full {
		p.next = now.Add(time.Second)
	}
}

// meter counts what was taken in this second and in the one before.
type meter struct {
	began     time.Time
	this, was float64
}

func (m *meter) turn(now time.Time) {
	switch since := now.Sub(m.began); {
	case since < time.Second:
	case since < 2*time.Second:
		m.began, m.was, m.this = m.began.Add(time.Second), m.this, 0
	default:
		m.began, m.was, m.this = now, 0, 0
	}
}

func (m *meter) count(now time.Time) {
	m.turn(now)
	m.this++
}

// best is the better of the two seconds: one of them may have been a pause.
func (m *meter) best(now time.Time) float64 {
	m.turn(now)
	return max(m.this, m.was)
}
