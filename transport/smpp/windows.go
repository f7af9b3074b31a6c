package smpp

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"
)

// window is one bound link with the submits it has without an answer.
type window struct {
	s     *session
	pace  *pace
	inUse int
}

// windows hands out places in the windows of all links. Callers wait in the
// order they came, except that a text which has begun goes before those that
// have not: it holds what it was given until it is complete.
type windows struct {
	mu      sync.Mutex
	open    []*window
	waiting list.List // of *waiter
	timer   *time.Timer
	closed  bool // to texts that have not begun
	stopped bool // to all
}

type waiter struct {
	begun bool
	turn  chan turn // has room for one, so that nobody waits for who has left
}

type turn struct {
	w   *window
	err error
}

// take returns a place in the least loaded window that has room. Without a
// link a text that has not begun is turned away at once; one that has waits
// for the next link.
func (ws *windows) take(ctx context.Context, begun bool) (*window, error) {
	if ctx.Err() != nil {
		return nil, errEnded
	}
	ws.mu.Lock()
	if err := ws.closedTo(begun); err != nil {
		ws.mu.Unlock()
		return nil, err
	}
	if begun || ws.waiting.Len() == 0 {
		if w, _ := ws.pick(time.Now()); w != nil {
			ws.mu.Unlock()
			return w, nil
		}
	}
	wt := &waiter{begun: begun, turn: make(chan turn, 1)}
	at := ws.enqueue(wt)
	ws.mu.Unlock()
	select {
	case got := <-wt.turn:
		return got.w, got.err
	case <-ctx.Done():
	}
	ws.mu.Lock()
	ws.waiting.Remove(at) // does nothing when the turn had come
	ws.mu.Unlock()
	select {
	case got := <-wt.turn:
		if got.w != nil {
			ws.release(got.w, func(*pace) {})
		}
	default:
	}
	return nil, errWindow
}

// enqueue puts a waiter in the line. ws.mu is held.
func (ws *windows) enqueue(wt *waiter) *list.Element {
	defer ws.serve() // for the timer, when it is the rate that is waited for
	if wt.begun {
		return ws.waiting.PushFront(wt)
	}
	return ws.waiting.PushBack(wt)
}

// closedTo says why a text need not wait. ws.mu is held.
func (ws *windows) closedTo(begun bool) error {
	switch {
	case ws.stopped:
		return errClosed
	case begun:
		return nil
	case ws.closed:
		return errClosed
	case len(ws.open) == 0:
		return errNoBind
	}
	return nil
}

// serve gives the places there are to who waits, and comes again when the
// rate allows the next one. ws.mu is held.
func (ws *windows) serve() {
	now := time.Now()
	for ws.waiting.Len() > 0 {
		w, pause := ws.pick(now)
		if w == nil {
			ws.later(pause)
			return
		}
		ws.waiting.Remove(ws.waiting.Front()).(*waiter).turn <- turn{w: w}
	}
}

// pick takes a place in the window with the smallest share of places taken,
// among those that may submit now. Without one it says how long until one with
// room may. ws.mu is held.
func (ws *windows) pick(now time.Time) (best *window, pause time.Duration) {
	for _, w := range ws.open {
		if !w.pace.room(w.inUse) {
			continue
		}
		if wait := w.pace.wait(now); wait > 0 {
			if pause == 0 || wait < pause {
				pause = wait
			}
			continue
		}
		if best == nil || float64(w.inUse)*best.pace.window < float64(best.inUse)*w.pace.window {
			best = w
		}
	}
	if best != nil {
		best.inUse++
		best.pace.submitted(now)
	}
	return best, pause
}

// later serves again after pause; 0 means that an answer or a link will.
func (ws *windows) later(pause time.Duration) {
	if pause == 0 {
		return
	}
	if ws.timer == nil {
		ws.timer = time.AfterFunc(pause, func() {
			ws.mu.Lock()
			defer ws.mu.Unlock()
			ws.serve()
		})
		return
	}
	ws.timer.Reset(pause)
}

// release gives a place back and tells the pace why.
func (ws *windows) release(w *window, tell func(*pace)) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.inUse--
	tell(w.pace)
	ws.serve()
}

// add opens a link's window.
func (ws *windows) add(w *window) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.open = append(ws.open, w)
	ws.serve()
}

// remove closes a link's window; places that are taken stay taken. It may be
// called again.
func (ws *windows) remove(w *window) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.open = slices.DeleteFunc(ws.open, func(o *window) bool { return o == w })
	ws.sendAway()
}

// close turns away every text that has not begun.
func (ws *windows) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	ws.sendAway()
}

// sendAway tells those who need not wait any longer. ws.mu is held.
func (ws *windows) sendAway() {
	for at := ws.waiting.Front(); at != nil; {
		wt, next := at.Value.(*waiter), at.Next()
		if err := ws.closedTo(wt.begun); err != nil {
			ws.waiting.Remove(at)
			wt.turn <- turn{err: err}
		}
		at = next
	}
}

// stop turns away all others too.
func (ws *windows) stop() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.stopped = true
	ws.sendAway()
	if ws.timer != nil {
		ws.timer.Stop()
	}
}

// count returns the links that may be submitted on, and the places taken.
func (ws *windows) count() (bound, inUse int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, w := range ws.open {
		inUse += w.inUse
	}
	return len(ws.open), inUse
}
