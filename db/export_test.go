package db

// Waiting is how many requests were handed in and are in no batch yet.
func (c *Committer) Waiting() int {
	n := 0
	for _, q := range c.queues {
		n += len(q)
	}
	return n
}
