package email

import (
	"slices"
	"time"

	"aviso/transport"
)

// Relay is one next hop, in the order of the configuration file.
type Relay struct {
	Name     string // [a-z][a-z0-9]*
	Mailer   transport.Mailer
	DailyCap int64 // recipients from 00:00 UTC; 0 for none
	// Places is how many messages it carries at a time.
	Places int
	// Up says cheaply whether it can be expected to answer; nil means always.
	Up func() bool
	// Health is the transport's own view of it, Host where it is, without
	// credentials, and Sandbox that nothing really leaves: for the operator to see.
	Health  func() transport.Health
	Host    string
	Sandbox bool
}

func (r *Relay) up() bool { return r.Up == nil || r.Up() }

// fits says whether n recipients fit under its cap on an empty day.
func (r *Relay) fits(n int64) bool { return r.DailyCap == 0 || n <= r.DailyCap }

// choice is where a message goes, or why it goes nowhere now.
type choice struct {
	relay    *Relay
	others   []*Relay // that may take over, not paused
	waitsFor capName  // set when a cap is in the way
	reason   string   // set when no relay was found
	until    int64    // when a cap in the way turns, milliseconds UTC
}

// Reasons a message is queued without an attempt, in words for the log.
const (
	reasonHold   = "sending is on hold"
	reasonPaused = "every relay for this sender is paused"
	reasonCapped = "the daily cap is reached"
	// No day has room for it, so that it fails at once: waiting would only keep
	// others from the cap.
	reasonTooMany = "it has more recipients than the daily cap allows"
)

// candidates lists the relays a sender may use: in file order, those that are
// up first. A relay that is down comes last, not never: its own breaker lets
// one message through to find out.
func (s *Service) candidates(bound string) []*Relay {
	var up, down []*Relay
	for _, r := range s.relays {
		switch {
		case bound != "" && r.Name != bound:
		case r.up():
			up = append(up, r)
		default:
			down = append(down, r)
		}
	}
	return append(up, down...)
}

// choose finds the relay for n recipients of a sender at now and reserves
// their places under its caps. It queues behind those who already wait for a
// cap, unless it is one of them.
func (s *Service) choose(from *sender, n, now int64, waitedAlready bool) choice {
	day := now / dayMillis
	turns := (day + 1) * dayMillis
	own := senderCap(from.address)
	if from.cap > 0 && n > from.cap {
		return choice{reason: reasonTooMany}
	}
	if from.cap > 0 && (!s.caps.room(own, day, n, from.cap) || !waitedAlready && s.caps.waiting[own]) {
		return choice{waitsFor: own, reason: reasonCapped, until: turns}
	}
	c := choice{reason: reasonPaused}
	running := slices.DeleteFunc(s.candidates(from.relay), func(r *Relay) bool { return s.holds.Paused[r.Name] })
	for i, r := range running {
		name := relayCap(r.Name)
		switch {
		case !r.fits(n):
		case r.DailyCap > 0 && (!s.caps.room(name, day, n, r.DailyCap) || !waitedAlready && s.caps.waiting[name]):
			if c.waitsFor == "" {
				c = choice{waitsFor: name, reason: reasonCapped, until: turns}
			}
		default:
			if from.cap > 0 {
				s.caps.add(own, day, n)
			}
			if r.DailyCap > 0 {
				s.caps.add(name, day, n)
			}
			return choice{relay: r, others: running[i+1:]}
		}
	}
	if all := s.candidates(from.relay); len(all) > 0 && !slices.ContainsFunc(all, func(r *Relay) bool { return r.fits(n) }) {
		c.reason = reasonTooMany
	}
	return c
}

// wantCaps asks for everything that choose may look at on a day.
func (s *Service) wantCaps(senderAddress string, senderCapped bool, day int64) {
	for _, r := range s.relays {
		if r.DailyCap > 0 {
			s.caps.want(relayCap(r.Name), day)
		}
	}
	if senderCapped {
		s.caps.want(senderCap(senderAddress), day)
	}
}

// capsKnown says whether all that choose would look at was loaded.
func (s *Service) capsKnown(from *sender, day int64) bool {
	if from.cap > 0 && !s.caps.has(senderCap(from.address), day) {
		return false
	}
	return !slices.ContainsFunc(s.relays, func(r *Relay) bool { return r.DailyCap > 0 && !s.caps.has(relayCap(r.Name), day) })
}

// relay returns the relay of a name, nil if the configuration has none.
func (s *Service) relay(name string) *Relay {
	for _, r := range s.relays {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// backoff is how long a message waits after its n-th attempt: doubling from
// the first to the longest wait, with up to a fifth more so that what failed
// together does not come back together.
func backoff(n int64, first, longest time.Duration, random func() float64) time.Duration {
	wait := first
	for range n - 1 {
		if wait *= 2; wait >= longest {
			wait = longest
			break
		}
	}
	return wait + time.Duration(random()*float64(wait)/5)
}
