package queue_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"aviso/queue"
)

// Every function runs once, as many at a time as there are; a goroutine that is
// free is used again; and none is left after Wait.
func TestCrew(t *testing.T) {
	before := runtime.NumGoroutine()
	var c queue.Crew
	const rounds, together = 50, 20
	var ran atomic.Int64
	if !c.Join() {
		t.Fatal("closed from the beginning")
	}
	for range rounds {
		arrived, release := make(chan struct{}), make(chan struct{})
		done := make(chan struct{})
		for range together {
			c.Go(func() {
				arrived <- struct{}{}
				<-release
				ran.Add(1)
				done <- struct{}{}
			})
		}
		for range together { // all at once, or this never ends
			<-arrived
		}
		close(release)
		for range together {
			<-done
		}
		for c.Idle() < together {
			runtime.Gosched()
		}
		if n := c.Idle(); n > together {
			t.Fatalf("%d goroutines for %d functions at a time", n, together)
		}
	}
	c.Leave()
	c.Wait()
	if ran.Load() != rounds*together {
		t.Errorf("%d of %d ran", ran.Load(), rounds*together)
	}
	for runtime.NumGoroutine() > before { // ended, and perhaps not counted yet
		runtime.Gosched()
	}
}

// A function that comes while Wait waits for another still runs.
func TestCrewThatGrowsWhileItIsWaitedFor(t *testing.T) {
	var c queue.Crew
	began, more := make(chan struct{}), make(chan struct{})
	second := false
	c.Join()
	c.Go(func() {
		close(began)
		<-more
		c.Go(func() { second = true })
	})
	c.Leave()
	<-began
	waited := make(chan struct{})
	go func() { c.Wait(); close(waited) }()
	close(more)
	<-waited
	if !second {
		t.Error("it did not run")
	}
}

// Nobody joins once Wait has begun, and it waits for who joined before.
func TestCrewThatCloses(t *testing.T) {
	var c queue.Crew
	if !c.Join() {
		t.Fatal("closed from the beginning")
	}
	waited := make(chan struct{})
	go func() { c.Wait(); close(waited) }()
	for c.Join() { // until Wait has begun
		c.Leave()
	}
	ran := false
	c.Go(func() { ran = true })
	select {
	case <-waited:
		t.Error("Wait did not wait for who had joined")
	default:
	}
	c.Leave()
	<-waited
	if !ran || c.Join() {
		t.Errorf("ran: %t", ran)
	}
}
