// Package queue is the loop that runs due work, the leases under which it is
// done, the crew that does it, and the gate that shares the places of a bounded
// pool fairly.
//
// It knows no table: what is due, and what running it means, are functions of
// the feature that owns the rows. Polling is the truth; a wake-up only saves
// the wait for the next poll.
package queue
