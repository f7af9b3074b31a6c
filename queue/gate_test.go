package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// waits is how many wait for a place.
func (g *Gate) waits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, q := range g.waiting {
		n += q.Len()
	}
	return n
}

// queueUp lets n callers of an owner wait, one behind the other; each tells on
// the channel when it is in.
func queueUp(t *testing.T, g *Gate, owner string, n int) <-chan string {
	t.Helper()
	in := make(chan string, n)
	for range n {
		before := g.waits()
		go func() {
			if err := g.Enter(context.Background(), owner); err != nil {
				t.Error(err)
			}
			in <- owner
		}()
		for g.waits() == before {
			runtime.Gosched()
		}
	}
	return in
}

func enter(t *testing.T, g *Gate, owner string, n int) {
	t.Helper()
	for range n {
		if err := g.Enter(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
	}
}

// empty fails the test unless all n places are free and nothing is left over.
func empty(t interface{ Errorf(string, ...any) }, g *Gate, n int) {
	if g.free != n || len(g.holding) != 0 || len(g.waiting) != 0 || len(g.order) != 0 {
		t.Errorf("an empty gate of %d places is %+v", n, g)
	}
}

func TestAloneHasAllPlaces(t *testing.T) {
	g := NewGate(8)
	enter(t, g, "a", 8)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Enter(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a ninth got in: %v", err)
	}
	for range 8 {
		g.Leave("a")
	}
	empty(t, g, 8)
}

// However much one owner has waiting, a newcomer gets the next place, and from
// then on both get the same.
func TestBacklogDoesNotDelayOthers(t *testing.T) {
	const places, backlog = 4, 1000
	g := NewGate(places)
	enter(t, g, "large", places)
	large := queueUp(t, g, "large", backlog)
	small := queueUp(t, g, "small", places)
	in := map[string]int{"large": places}
	for turn := range 12 {
		owner := "large"
		if in["small"] > in["large"] || in["small"] == in["large"] && turn%2 == 1 {
			owner = "small"
		}
		in[owner]--
		g.Leave(owner)
		select {
		case <-large:
			in["large"]++
		case <-small:
			in["small"]++
		}
		if turn == 0 && in["small"] != 1 {
			t.Fatal("the newcomer did not get the first place that became free")
		}
		if d := in["large"] - in["small"]; turn > 2 && g.waits() > backlog && (d < -1 || d > 1) {
			t.Fatalf("turn %d: %v", turn, in)
		}
	}
	for owner, n := range in {
		for range n {
			g.Leave(owner)
		}
	}
	for range cap(large) + cap(small) - 12 {
		select {
		case <-large:
			g.Leave("large")
		case <-small:
			g.Leave("small")
		}
	}
	empty(t, g, places)
}

// Owners who hold equally many take turns in the order in which they came.
func TestEqualsTakeTurns(t *testing.T) {
	g := NewGate(1)
	enter(t, g, "first", 1)
	in := map[string]<-chan string{}
	for _, owner := range []string{"a", "b", "c"} {
		in[owner] = queueUp(t, g, owner, 2)
	}
	holder, order := "first", ""
	for range 6 {
		g.Leave(holder)
		select {
		case holder = <-in["a"]:
		case holder = <-in["b"]:
		case holder = <-in["c"]:
		}
		order += holder
	}
	g.Leave(holder)
	if order != "abcabc" {
		t.Error(order)
	}
	empty(t, g, 1)
}

// Who gives up costs its owner nothing but that one place in the line.
func TestGivingUpKeepsTheOwnersTurn(t *testing.T) {
	g := NewGate(1)
	enter(t, g, "first", 1)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- g.Enter(ctx, "a") }()
	for g.waits() == 0 {
		runtime.Gosched()
	}
	a := queueUp(t, g, "a", 1)
	b := queueUp(t, g, "b", 1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	g.Leave("first")
	select {
	case <-a:
		g.Leave("a")
		<-b
	case <-b:
		t.Fatal("b came later and went first")
	}
	g.Leave("b")
	empty(t, g, 1)
}

// A place that comes to somebody who is just leaving goes to the next, or is
// free again.
func TestAPlaceThatComesTooLate(t *testing.T) {
	for others := range 2 {
		g := NewGate(1)
		enter(t, g, "first", 1)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- g.Enter(ctx, "a") }()
		for g.waits() == 0 {
			runtime.Gosched()
		}
		in := queueUp(t, g, "b", others)
		g.mu.Lock()
		cancel() // it hears that, and then has to wait for the lock
		g.release("first")
		g.mu.Unlock()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		for range others {
			<-in
			g.Leave("b")
		}
		empty(t, g, 1)
	}
}

// Many at once, some of whom give up at the moment their turn comes: never
// more than there are places, and none is lost.
func TestGateUnderLoad(t *testing.T) {
	const places, callers, each = 3, 16, 300
	g := NewGate(places)
	var inside, entered atomic.Int32
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			owner := fmt.Sprint(c % 5)
			for range each {
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(3) == 0 {
					all.Go(cancel)
				}
				if g.Enter(ctx, owner) == nil {
					if inside.Add(1) > places {
						t.Error("more are inside than there are places")
					}
					entered.Add(1)
					runtime.Gosched()
					inside.Add(-1)
					g.Leave(owner)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if n := entered.Load(); n < callers*each/2 {
		t.Errorf("only %d got in", n)
	}
	empty(t, g, places)
}
