package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Priority orders work of different kinds in a batch: what frees something
// goes before what takes something, so that a full house empties first.
type Priority uint8

// The priorities, first served first.
const (
	Settling Priority = iota // the outcome of an attempt
	Promising
	Receiving
	Admitting
	priorities
)

// Work is one request to the Committer. Its methods are called by whoever runs
// a batch, one batch at a time, so that they and the books may share memory
// without locks. A batch that has to be run again calls Want and
// Decide again: they must not remember anything but their latest run.
type Work interface {
	// Want asks the books for the rows that the decision needs.
	Want()
	// Decide reads the books, decides, and writes its outcome into them. It is
	// pure: now is the database's time in milliseconds UTC.
	Decide(now int64)
	// Weight is how many bytes of bodies the request brings along.
	Weight() int
}

// Book is the rows of one table that the requests of one batch are about: what
// they asked for is loaded and locked, decided upon in memory, and written
// back in statements for many rows. A busy account is one update a batch.
type Book interface {
	Load(*Pipeline)  // the statements that read and lock what was wanted, in order of id
	Apply(*Pipeline) // the statements that write what was decided
	Reset()          // forget everything
}

// Keeper is a Book that may keep what it knows. Between two batches Keep is
// called instead of Reset when the first was applied as it was decided and
// nobody has written since: the tables hold what the book does. That can only be
// known on SQLite, whose one writer is this process.
type Keeper interface {
	Book
	Keep() // forget what was decided
}

// Limits of one batch. More would make the last caller wait for the first.
const (
	crowd         = 32 // requests that do not wait for the batch before
	batchRequests = 256
	batchBytes    = 1 << 20
	batchTimeout  = 30 * time.Second
)

// Committer turns the requests of all callers into batches: one durable
// transaction each that loads the facts of all, decides each in turn, and
// applies the outcome. It takes what waits, without waiting for more.
type Committer struct {
	db     *DB
	books  []Book // in the order in which their locks are taken
	queues [priorities]chan *request
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	running   sync.Mutex // held by whoever runs a batch
	runner    runner
	state     uint64         // of the database at the latest batch; 0 after one that failed
	writing   atomic.Int64   // batches that have run and are not durable yet
	answering sync.WaitGroup // for batches that were taken

	mu     sync.RWMutex
	closed bool
}

type request struct {
	work Work
	done chan error
}

// runner is one engine's way to run a batch in one transaction: both ends, or
// neither. Durable, unless it is nil, returns when the batch is; the next may
// run meanwhile. No error means that it is durable, any other that it is not, or
// that the database is gone and cannot be asked.
type runner interface {
	//
	// Load is given the state that the database is in. While that is the same
	// as c's last batch was given, nobody else has written; 0 if that is not known.
	run(ctx context.Context, c *Committer, load func(p *Pipeline, state uint64), decide func(now int64), apply func(*Pipeline)) (durable func() error, err error)
}

// ErrClosed is what Do returns once the Committer is closed.
var ErrClosed error = unavailable{errors.New("the server is shutting down")}

// NewCommitter returns a Committer whose transactions take their locks in the
// order of books. Run must be called, or a request that finds somebody at work
// waits for the next caller.
func (d *DB) NewCommitter(books ...Book) *Committer {
	c := &Committer{db: d, books: books, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	for i := range c.queues {
		c.queues[i] = make(chan *request, 4096)
	}
	if d.pool != nil {
		c.runner = newPostgresRunner(d)
	} else {
		c.runner = d.sqlite
	}
	return c
}

// Do hands in one request and waits until its batch is durable. The error is
// about the database; what was decided is in the request itself. It takes no
// context: one caller who hangs up must not take the batch from the others.
func (c *Committer) Do(p Priority, w Work) error {
	r := &request{w, make(chan error, 1)}
	c.mu.RLock()
	if c.closed {
		c.mu.RUnlock()
		return ErrClosed
	}
	c.queues[p] <- r
	c.mu.RUnlock()
	// A caller who finds nobody at work commits what waits by itself, which is
	// usually its own request: two wake-ups less than asking somebody to.
	if c.due() && c.running.TryLock() {
		if answer := c.batch(); answer != nil {
			answer()
		}
	}
	c.wakeUp()
	return <-r.done
}

// wakeUp sees to it that what waits is taken.
func (c *Committer) wakeUp() {
	if !c.due() {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run commits batches until Close is called and everything handed in before is
// answered.
func (c *Committer) Run() {
	defer close(c.done)
	defer c.answering.Wait()
	for stopped := false; !stopped; {
		select {
		case <-c.wake:
		case <-c.stop:
			stopped = true
		}
		for c.due() || stopped { // and then nobody is waited for
			c.running.Lock()
			answer := c.batch()
			if answer == nil {
				break
			}
			go answer()
		}
	}
}

// batch runs what waits now, lets the next batch run, and returns what answers
// this one once it is durable; nil when there was nothing.
func (c *Committer) batch() (answer func()) {
	defer c.running.Unlock()
	batch := c.take()
	if len(batch) == 0 {
		return nil
	}
	c.answering.Add(1)
	tell := c.commit(batch)
	return func() { defer c.answering.Done(); tell() }
}

// due says whether it is time for a batch. While another is being made durable
// a few requests wait for more: they could be answered no sooner, and what a
// batch costs by itself is shared by all that are in it.
func (c *Committer) due() bool {
	n := 0
	for _, q := range c.queues {
		n += len(q)
	}
	return n > 0 && (n >= crowd || c.writing.Load() == 0)
}

// Close stops taking requests and waits for those taken.
func (c *Committer) Close() {
	c.mu.Lock()
	already := c.closed
	c.closed = true
	c.mu.Unlock()
	if !already {
		close(c.stop)
	}
	<-c.done
}

// take gathers what waits now, in order of priority.
func (c *Committer) take() []*request {
	var batch []*request
	bytes := 0
	for _, q := range c.queues {
		for len(batch) < batchRequests && bytes < batchBytes {
			select {
			case r := <-q:
				batch = append(batch, r)
				bytes += r.work.Weight()
				continue
			default:
			}
			break
		}
	}
	return batch
}

// commit runs one batch. One that the database refused, or that has panicked, is
// tried in halves, so that a poisonous request harms only itself.
func (c *Committer) commit(batch []*request) (answer func()) {
	durable, err := c.attempt(batch)
	if err != nil && len(batch) > 1 && !IsUnavailable(err) {
		first, second := c.commit(batch[:len(batch)/2]), c.commit(batch[len(batch)/2:])
		return func() { first(); second() }
	}
	if durable != nil {
		c.writing.Add(1)
	}
	return func() {
		if durable != nil {
			err = durable()
			c.writing.Add(-1)
			c.wakeUp()
		}
		for _, r := range batch {
			r.done <- c.db.orUnavailable(err)
		}
	}
}

func (c *Committer) attempt(batch []*request) (durable func() error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	for try := 0; ; try++ {
		var found uint64
		durable, err = c.runner.run(ctx, c,
			func(p *Pipeline, state uint64) {
				found = state
				c.open(state != 0 && state == c.state)
				for _, r := range batch {
					r.work.Want()
				}
				for _, b := range c.books {
					b.Load(p)
				}
			},
			func(now int64) {
				for _, r := range batch {
					r.work.Decide(now)
				}
			},
			func(p *Pipeline) {
				for _, b := range c.books {
					b.Apply(p)
				}
			})
		c.state = found
		if err != nil {
			c.state = 0
		}
		// A row that two nodes made at once is there at the second look.
		if err == nil || !retryable(err) && !IsConflict(err) || try == 3 {
			return durable, err
		}
	}
}

var errPanic = errors.New("panic")

// guarded is f with an error instead of a panic: those who share a batch with
// the request that panics wait for its end.
func guarded(f func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
			}
		}()
		return f()
	}
}

// open prepares the books for a batch; keep says that what they know is true.
func (c *Committer) open(keep bool) {
	for _, b := range c.books {
		if k, ok := b.(Keeper); ok && keep {
			k.Keep()
		} else {
			b.Reset()
		}
	}
}
