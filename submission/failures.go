package submission

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// failures keeps an address that tries one password after the other from being
// listened to. Guessing a key of 202 random bits is hopeless at any speed; what
// is guarded is the database, which each guess would ask.
//
// A key that an address has shown before is still listened to. One client with
// an old key would otherwise shut out all others behind the same address.
type failures struct {
	atMost int
	now    func() time.Time

	mu    sync.Mutex
	of    map[netip.Prefix]*record
	sweep time.Time
}

// record is what is known of one address.
type record struct {
	failed []time.Time // the latest, atMost of them
	shown  map[[sha256.Size]byte]struct{}
	last   time.Time
}

const (
	failureWindow = 10 * time.Minute
	rememberShown = 24 * time.Hour
	shownAtMost   = 1000 // keys of one address
	recordsAtMost = 100_000
	betweenSweeps = time.Minute
)

func newFailures(atMost int, now func() time.Time) *failures {
	return &failures{atMost: atMost, now: now, of: map[netip.Prefix]*record{}}
}

// refuse says whether a password from an address must not even be looked at.
func (f *failures) refuse(from netip.Prefix, password string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.of[from]
	if r == nil || len(r.failed) < f.atMost || f.now().Sub(r.failed[0]) >= failureWindow {
		return false
	}
	_, shown := r.shown[sha256.Sum256([]byte(password))]
	return !shown
}

// note writes down how looking at a password ended. A success takes no failure
// back: they may be somebody else's.
func (f *failures) note(from netip.Prefix, password string, good bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	r := f.of[from]
	if r == nil {
		f.tidy(now)
		r = &record{shown: map[[sha256.Size]byte]struct{}{}}
		f.of[from] = r
	}
	r.last = now
	key := sha256.Sum256([]byte(password))
	if good {
		if len(r.shown) >= shownAtMost {
			clear(r.shown)
		}
		r.shown[key] = struct{}{}
		return
	}
	delete(r.shown, key)
	if len(r.failed) == f.atMost {
		r.failed = r.failed[1:]
	}
	r.failed = append(r.failed, now)
}

// tidy forgets who has not been here lately, and everybody before memory is
// short.
func (f *failures) tidy(now time.Time) {
	if len(f.of) >= recordsAtMost {
		clear(f.of)
	}
	if now.Before(f.sweep) {
		return
	}
	f.sweep = now.Add(betweenSweeps)
	for address, r := range f.of {
		if quiet := now.Sub(r.last); quiet >= rememberShown || quiet >= failureWindow && len(r.shown) == 0 {
			delete(f.of, address)
		}
	}
}
