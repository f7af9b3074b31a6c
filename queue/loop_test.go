package queue_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aviso/queue"
)

// run is a loop in a bubble, where time passes when everybody waits for it.
type run struct {
	*queue.Loop
	times []float64 // when it ran, in seconds since the start; to be read after end
	log   bytes.Buffer
	end   func() // ends the loop and waits for it
}

func start(t *testing.T, poll time.Duration, f func(context.Context, *run) (time.Duration, error)) *run {
	r := &run{}
	began := time.Now()
	r.Loop = queue.NewLoop("test", poll, slog.New(slog.NewTextHandler(&r.log, nil)), func(ctx context.Context) (time.Duration, error) {
		r.times = append(r.times, time.Since(began).Seconds())
		return f(ctx, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Start(ctx); close(done) }()
	r.end = func() { cancel(); <-done }
	return r
}

// pass lets time pass.
func pass(seconds int) { <-time.After(time.Duration(seconds) * time.Second) }

func expect(t *testing.T, r *run, want ...float64) {
	t.Helper()
	if !slices.Equal(r.times, want) {
		t.Errorf("ran at %v, not at %v", r.times, want)
	}
}

// answers returns each of the answers once, and the last for ever.
func answers(list ...time.Duration) func(context.Context, *run) (time.Duration, error) {
	return func(context.Context, *run) (time.Duration, error) {
		d := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		return d, nil
	}
}

func TestLoopRunsWhenDueAndAtLeastAtEachPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 10*time.Second, answers(3*time.Second, 0, 0, time.Hour))
		pass(25)
		r.end()
		expect(t, r, 0, 3, 3, 3, 13, 23)
	})
}

func TestWakeEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 10*time.Second, answers(time.Hour))
		pass(2)
		r.Wake()
		pass(11)
		r.end()
		expect(t, r, 0, 2, 12)
	})
}

// What becomes due while the loop is looking may have been missed by it.
// However often it is told so, one more look is enough.
func TestWakeDuringARunIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 10*time.Second, func(_ context.Context, r *run) (time.Duration, error) {
			pass(1)
			for range 5 * (2 - min(len(r.times), 2)) {
				r.Wake()
			}
			return time.Hour, nil
		})
		pass(5)
		r.end()
		expect(t, r, 0, 1)
	})
}

func TestWakeBeforeTheStart(t *testing.T) {
	l := queue.NewLoop("test", time.Second, slog.New(slog.DiscardHandler), nil)
	l.Wake()
	l.Wake() // and does not block
}

func TestLoopSurvivesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 3
		r := start(t, 10*time.Second, func(context.Context, *run) (time.Duration, error) {
			if failures--; failures >= 0 {
				return 0, errors.New("no database")
			}
			return time.Hour, nil
		})
		pass(35)
		r.end()
		expect(t, r, 0, 10, 20, 30)
		if log := r.log.String(); strings.Count(log, "no database") != 3 || strings.Count(log, "loop=test") != 3 {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestLoopEndsWithItsContext(t *testing.T) {
	t.Run("in a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, time.Hour, answers(time.Hour))
			synctest.Wait()
			began := time.Now()
			r.end()
			if took := time.Since(began); took != 0 {
				t.Errorf("it took %v", took)
			}
			expect(t, r, 0)
		})
	})
	t.Run("in a run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, time.Hour, func(ctx context.Context, _ *run) (time.Duration, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
			synctest.Wait()
			r.end()
			expect(t, r, 0)
			if r.log.Len() > 0 {
				t.Errorf("ending is logged as a failure: %s", &r.log)
			}
		})
	})
	t.Run("with work that is always due", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ready := make(chan struct{})
			r := start(t, time.Hour, func(_ context.Context, r *run) (time.Duration, error) {
				if len(r.times) == 100 {
					close(ready)
				}
				return 0, nil
			})
			<-ready
			r.end()
		})
	})
}
