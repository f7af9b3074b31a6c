package queue

// Idle is how many goroutines of c wait for a function.
func (c *Crew) Idle() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.idle)
}
