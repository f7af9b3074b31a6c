package queue

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is what a Gate should do, without a goroutine: one list of who waits.
type model struct {
	gate    *Gate
	places  int
	holding map[string]int
	waiting []*visitor // in order of arrival
	line    []string   // owners who wait, in order of their turn
	answers chan *visitor
}

type visitor struct {
	owner  string
	cancel context.CancelFunc
	err    error // of Enter, once it is among the answers
}

// answered is who gets the next answer, which must be v.
func (m *model) answered(t *rapid.T, v *visitor, want error) {
	if got := <-m.answers; got != v || got.err != want {
		t.Fatalf("it was the turn of %q, and %q was answered (%v)", v.owner, got.owner, got.err)
	}
}

func (m *model) inside() (n int) {
	for _, h := range m.holding {
		n += h
	}
	return n
}

func (m *model) enter(t *rapid.T, owner string) {
	ctx, cancel := context.WithCancel(context.Background())
	v := &visitor{owner: owner, cancel: cancel}
	full := m.inside() == m.places
	go func() { v.err = m.gate.Enter(ctx, owner); m.answers <- v }()
	if !full {
		m.answered(t, v, nil)
		m.holding[owner]++
		return
	}
	m.waiting = append(m.waiting, v)
	if !slices.Contains(m.line, owner) {
		m.line = append(m.line, owner)
	}
	for m.gate.waits() < len(m.waiting) {
		runtime.Gosched()
	}
}

func (m *model) leave(t *rapid.T, owner string) {
	if m.holding[owner]--; m.holding[owner] == 0 {
		delete(m.holding, owner)
	}
	m.gate.Leave(owner)
	if len(m.line) == 0 {
		return
	}
	next := slices.MinFunc(m.line, func(a, b string) int { return m.holding[a] - m.holding[b] })
	i := slices.IndexFunc(m.waiting, func(v *visitor) bool { return v.owner == next })
	m.answered(t, m.waiting[i], nil)
	m.holding[next]++
	m.waiting = slices.Delete(m.waiting, i, i+1)
	m.line = slices.DeleteFunc(m.line, func(o string) bool { return o == next })
	if slices.ContainsFunc(m.waiting, func(v *visitor) bool { return v.owner == next }) {
		m.line = append(m.line, next)
	}
}

func (m *model) giveUp(t *rapid.T, i int) {
	v := m.waiting[i]
	v.cancel()
	m.answered(t, v, context.Canceled)
	m.waiting = slices.Delete(m.waiting, i, i+1)
	if !slices.ContainsFunc(m.waiting, func(w *visitor) bool { return w.owner == v.owner }) {
		m.line = slices.DeleteFunc(m.line, func(o string) bool { return o == v.owner })
	}
}

func (m *model) check(t *rapid.T) {
	inside, waiting := m.inside(), m.gate.waits()
	if inside+m.gate.free != m.places || waiting != len(m.waiting) || waiting > 0 && m.gate.free > 0 {
		t.Fatalf("%d inside, %d free of %d, %d waiting instead of %d", inside, m.gate.free, m.places, waiting, len(m.waiting))
	}
}

func holders(m *model) (list []string) {
	for owner := range m.holding {
		list = append(list, owner)
	}
	slices.Sort(list)
	return list
}

// Whatever comes, goes and gives up in whatever order: the place goes to whom
// the doc comment says, and in the end all places are there again.
func TestGateLikeItsModel(t *testing.T) {
	owners := rapid.SampledFrom([]string{"", "a", "b", "c", "d"})
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.IntRange(1, 4).Draw(t, "places")
		m := &model{gate: NewGate(places), places: places, holding: map[string]int{}, answers: make(chan *visitor, 1)}
		// A Skip in here is rapid's way to draw another action; no test is skipped.
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) { m.enter(t, owners.Draw(t, "owner")) },
			"leave": func(t *rapid.T) {
				if m.inside() == 0 {
					t.Skip("nobody is inside")
				}
				m.leave(t, rapid.SampledFrom(holders(m)).Draw(t, "owner"))
			},
			"give up": func(t *rapid.T) {
				if len(m.waiting) == 0 {
					t.Skip("nobody waits")
				}
				m.giveUp(t, rapid.IntRange(0, len(m.waiting)-1).Draw(t, "who"))
			},
			"": m.check,
		})
		for len(m.waiting) > 0 {
			m.giveUp(t, 0)
		}
		for m.inside() > 0 {
			m.leave(t, holders(m)[0])
		}
		empty(t, m.gate, places)
	})
}
