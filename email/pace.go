package email

import (
	"slices"
	"sync"
	"time"

	"aviso/transport"
)

// pace is how long exchanges with one relay took lately, on this node. It is for
// a person: the latest so many are enough.
type pace struct {
	mu     sync.Mutex
	latest [256]exchange
	next   int
}

type exchange struct {
	at   int64 // milliseconds UTC
	took time.Duration
}

// paceLasts is how long an exchange counts.
const paceLasts = time.Hour

// note adds an exchange that reached the relay.
func (p *pace) note(at time.Time, r transport.Report) {
	if !r.Reached {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest[p.next] = exchange{at.UnixMilli(), r.Duration}
	p.next = (p.next + 1) % len(p.latest)
}

// median is that of the last hour's; false if there were none.
func (p *pace) median(now time.Time) (time.Duration, bool) {
	since := now.Add(-paceLasts).UnixMilli()
	p.mu.Lock()
	var took []time.Duration
	for _, e := range p.latest {
		if e.at > since {
			took = append(took, e.took)
		}
	}
	p.mu.Unlock()
	if len(took) == 0 {
		return 0, false
	}
	slices.Sort(took)
	return took[len(took)/2], true
}
