package queue

import (
	"container/list"
	"context"
	"slices"
	"sync"
)

// Gate shares a bounded number of places between owners. An owner that is
// alone may have them all; while others wait, a place that becomes free goes
// to the waiting owner that holds the fewest, so that nobody's backlog slows
// somebody else's message.
type Gate struct {
	mu      sync.Mutex
	free    int
	holding map[string]int
	waiting map[string]*list.List // of chan struct{}, first come first
	order   []string              // owners that wait, in order of their first arrival
}

// NewGate returns a gate with n places.
func NewGate(n int) *Gate {
	return &Gate{free: n, holding: map[string]int{}, waiting: map[string]*list.List{}}
}

// Enter waits for a place. It returns ctx's error when ctx ends first; the
// caller then holds none.
func (g *Gate) Enter(ctx context.Context, owner string) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.holding[owner]++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q := g.waiting[owner]
	if q == nil {
		q = list.New()
		g.waiting[owner] = q
		g.order = append(g.order, owner)
	}
	place := q.PushBack(turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn:
		// The place came in the same moment; pass it on.
		g.release(owner)
	default:
		q.Remove(place)
		if q.Len() == 0 {
			g.forget(owner)
		}
	}
	return ctx.Err()
}

// Leave gives a place back.
func (g *Gate) Leave(owner string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.release(owner)
}

func (g *Gate) release(owner string) {
	if g.holding[owner]--; g.holding[owner] == 0 {
		delete(g.holding, owner)
	}
	if len(g.order) == 0 {
		g.free++
		return
	}
	next := g.order[0]
	for _, o := range g.order[1:] {
		if g.holding[o] < g.holding[next] {
			next = o
		}
	}
	q := g.waiting[next]
	turn := q.Remove(q.Front()).(chan struct{})
	g.holding[next]++
	g.forget(next)
	if q.Len() > 0 {
		// To the end of the line, so that equals take turns.
		g.waiting[next] = q
		g.order = append(g.order, next)
	}
	close(turn)
}

// forget takes an owner out of the line.
func (g *Gate) forget(owner string) {
	delete(g.waiting, owner)
	i := slices.Index(g.order, owner)
	g.order = slices.Delete(g.order, i, i+1)
}
