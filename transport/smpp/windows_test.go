package smpp

import (
	"context"
	"testing"
	"testing/synctest"
)

// Texts that have begun go first, all others in the order they came.
func TestWindowsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws windows
		w := &window{pace: newPace(1, 0)}
		ws.add(w)
		held, err := ws.take(t.Context(), false)
		if held != w || err != nil {
			t.Fatal(held, err)
		}
		order := make(chan string, 8)
		wait := func(name string, begun bool) {
			go func() {
				if got, err := ws.take(t.Context(), begun); got != w || err != nil {
					t.Error(got, err)
				}
				order <- name
			}()
			synctest.Wait()
		}
		wait("a", false)
		wait("b", false)
		wait("begun", true)
		for _, want := range []string{"begun", "a", "b"} {
			ws.release(w, func(*pace) {})
			if got := <-order; got != want {
				t.Errorf("%s came before %s", got, want)
			}
		}
		ws.mu.Lock()
		w.pace.window = 2 // there is room, but others came first
		w.inUse = 2
		ws.mu.Unlock()
		wait("c", false)
		ws.mu.Lock()
		w.inUse = 1
		ws.mu.Unlock()
		wait("d", false)
		if got := <-order; got != "c" {
			t.Errorf("%s came before c", got)
		}
		ws.release(w, func(*pace) {})
		<-order
	})
}

// ending is a context that ends in the moment somebody waits for it.
type ending struct {
	context.Context
	first func()
}

func (e ending) Done() <-chan struct{} {
	e.first()
	over := make(chan struct{})
	close(over)
	return over
}

// Who stops waiting in the moment its turn comes gives the place back.
func TestWindowsGivenBack(t *testing.T) {
	var ws windows
	w := &window{pace: newPace(1, 0)}
	ws.add(w)
	for range 50 {
		if _, err := ws.take(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		given := func() { ws.release(w, func(*pace) {}) }
		if got, err := ws.take(ending{t.Context(), given}, false); err == nil {
			ws.release(got, func(*pace) {})
		}
		if bound, inUse := ws.count(); bound != 1 || inUse != 0 || ws.waiting.Len() != 0 {
			t.Fatalf("%d bound, %d in use", bound, inUse)
		}
	}
}

// The last link takes those with it that have not begun; the end takes all.
func TestWindowsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws windows
		w := &window{pace: newPace(1, 0)}
		ws.add(w)
		if _, err := ws.take(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		ends := map[bool]chan error{false: make(chan error, 1), true: make(chan error, 1)}
		for begun, end := range ends {
			go func() {
				_, err := ws.take(t.Context(), begun)
				end <- err
			}()
		}
		synctest.Wait()
		ws.remove(w)
		ws.remove(w)
		if err := <-ends[false]; err != errNoBind {
			t.Error(err)
		}
		ws.close()
		if _, err := ws.take(t.Context(), false); err != errClosed {
			t.Error(err)
		}
		synctest.Wait()
		if len(ends[true]) != 0 {
			t.Error("a text that has begun was turned away")
		}
		ws.stop()
		if err := <-ends[true]; err != errClosed {
			t.Error(err)
		}
	})
}
