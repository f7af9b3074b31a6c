package queue

import "sync"

// Crew runs functions, each on a goroutine of its own. Goroutines that have
// nothing to do wait for the next function: a new one would have to grow its
// stack again, which for a message on its way takes as long as writing its row.
// The zero value is ready to use.
type Crew struct {
	mu   sync.Mutex
	idle []chan func() // of those who wait; the last has waited least
	all  sync.WaitGroup
	busy sync.WaitGroup

	closing bool // Wait has begun
	over    bool // and nothing runs any more
}

// idleAtMost bounds how many wait.
const idleAtMost = 256

// Join keeps Wait waiting until Leave is called. It says no once Wait has begun.
func (c *Crew) Join() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return false
	}
	c.busy.Add(1)
	return true
}

// Leave ends a Join.
func (c *Crew) Leave() { c.busy.Done() }

// Go runs f. Whoever calls it has joined, or is run by the crew.
func (c *Crew) Go(f func()) {
	c.busy.Add(1)
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		next := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		next <- f
		return
	}
	c.mu.Unlock()
	c.all.Go(func() { c.work(f) })
}

// work runs f, and what comes after it.
func (c *Crew) work(f func()) {
	next := make(chan func(), 1)
	for f != nil {
		c.run(f)
		if !c.wait(next) {
			return
		}
		f = <-next
	}
}

func (c *Crew) run(f func()) {
	defer c.busy.Done()
	f()
}

// wait says whether the goroutine of next may wait for more.
func (c *Crew) wait(next chan func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || len(c.idle) >= idleAtMost {
		return false
	}
	c.idle = append(c.idle, next)
	return true
}

// Wait lets nobody join any more, and returns when all have left and every
// function has returned and its goroutine ended.
func (c *Crew) Wait() {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.busy.Wait()
	c.mu.Lock()
	c.over = true
	for _, next := range c.idle {
		close(next)
	}
	c.idle = nil
	c.mu.Unlock()
	c.all.Wait()
}
