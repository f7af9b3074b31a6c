package sms

import "sync"

// crew bounds how much of a kind is under way, in all and for one owner: who is
// slow fills its own places, and leaves the others'.
type crew struct {
	places, each int
	working      sync.WaitGroup

	mu     sync.Mutex
	closed bool
	busy   map[string]int
	total  int
}

func newCrew(places, each int) *crew {
	return &crew{places: places, each: each, busy: map[string]int{}}
}

// room is how many more may begin in all; 0 when the crew is closed.
func (c *crew) room() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0
	}
	return c.places - c.total
}

// roomFor is how many more may begin for one owner.
func (c *crew) roomFor(owner string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.each - c.busy[owner]
}

// enter takes a place, which the caller must leave, or says that none is free.
func (c *crew) enter(owner string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.total >= c.places || c.busy[owner] >= c.each {
		return false
	}
	c.busy[owner]++
	c.total++
	c.working.Add(1)
	return true
}

func (c *crew) leave(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[owner]--; c.busy[owner] == 0 {
		delete(c.busy, owner)
	}
	c.total--
	c.working.Done()
}

// close lets nobody in any more, and waits until all have left.
func (c *crew) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.working.Wait()
}
