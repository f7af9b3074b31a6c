package story

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// Crowd is sixteen callers of one account who call without a pause and write
// everything down, with an Upstream behind that makes it hard for Aviso.
type Crowd struct {
	*Installation
	Journal
	Upstream *Upstream
	Owner    *Account
	keys     []Key
}

// Crowd makes an installation on the database of that URL, and its callers.
func (b *Binary) Crowd(t testing.TB, database string) *Crowd {
	t.Helper()
	c := &Crowd{Upstream: NewUpstream(t)}
	c.Installation = b.Install(t, database, Settings{Relay: c.Upstream.URL(), SyncTimeout: time.Second})
	c.Owner = c.Account(1_000_000)
	c.keys = c.Owner.Keys(8) // each may ask after 600 messages a minute
	return c
}

const people = 16

func (c *Crowd) key(caller int) Key { return c.keys[caller%len(c.keys)] }

// Load has every caller call until a call is not answered for good. The
// returned function waits for the callers to stop.
func (c *Crowd) Load(n *Node) (wait func()) {
	var callers sync.WaitGroup
	for i := range people {
		by := n.Caller(c.key(i))
		callers.Go(func() {
			for c.ask(c.begin(), by) {
			}
		})
	}
	return callers.Wait
}

// AskAgain makes each of those calls once more, until it is answered for good.
func (c *Crowd) AskAgain(n *Node, calls []*Call) {
	late := time.Now().Add(Patience)
	_ = each(c, n, calls, func(by *Caller, call *Call) error {
		for !c.ask(call, by) && time.Now().Before(late) {
		}
		return nil
	})
}

// Close waits until no message that a caller knows of moves any more, and
// returns what every side knows.
func (c *Crowd) Close(n *Node) *Books {
	c.t.Helper()
	b := &Books{Calls: c.Calls(), Messages: map[string]*Message{}}
	var mu sync.Mutex
	err := each(c, n, c.Answered(), func(by *Caller, call *Call) error {
		m, err := by.settled(call.message())
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		b.Messages[m.ID] = m
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	b.Copies = c.Upstream.Copies()
	b.Spent = c.Owner.Granted - c.Owner.Balance()
	return b
}

// Missing returns what is wrong with the messages of the calls that were
// answered, as far as the node can tell of them.
func (c *Crowd) Missing(n *Node) (problems []string) {
	by := n.Caller(c.key(0))
	for _, call := range c.Answered() {
		if _, err := by.settled(call.message()); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// each shares work out to the callers of a crowd.
func each[T any](c *Crowd, n *Node, all []T, do func(*Caller, T) error) error {
	var callers sync.WaitGroup
	problems := make([]error, people)
	next := make(chan T)
	for i := range people {
		by := n.Caller(c.key(i))
		callers.Go(func() {
			for work := range next {
				problems[i] = errors.Join(problems[i], do(by, work))
			}
		})
	}
	for _, work := range all {
		next <- work
	}
	close(next)
	callers.Wait()
	return errors.Join(problems...)
}
