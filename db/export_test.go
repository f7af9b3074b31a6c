package db

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Waiting is how many requests were handed in and are in no batch yet.
func (c *Committer) Waiting() int {
	n := 0
	for _, q := range c.queues {
		n += len(q)
	}
	return n
}

// Underway has c believe that so many more batches are being made durable.
func (c *Committer) Underway(n int64) { c.writing.Add(n) }

// Crowd is how many requests do not wait for the batch before.
const Crowd = crowd

// Gate lets batches become durable when the test wants it.
type Gate struct {
	runner
	Ran    chan struct{} // receives for each batch that somebody wants to be durable
	open   chan struct{}
	passed atomic.Int64
}

// Delay has c's batches wait at a gate once they have run.
func (c *Committer) Delay() *Gate {
	c.running.Lock()
	defer c.running.Unlock()
	g := &Gate{runner: c.runner, Ran: make(chan struct{}, 100), open: make(chan struct{})}
	c.runner = g
	return g
}

// Open lets all pass from now on.
func (g *Gate) Open() { close(g.open) }

// Passed is how many batches have become durable.
func (g *Gate) Passed() int { return int(g.passed.Load()) }

func (g *Gate) run(ctx context.Context, c *Committer, load func(*Pipeline, uint64), decide func(int64), apply func(*Pipeline)) (func() error, error) {
	durable, err := g.runner.run(ctx, c, load, decide, apply)
	if durable == nil {
		return nil, err
	}
	return func() error {
		g.Ran <- struct{}{}
		<-g.open
		defer g.passed.Add(1)
		return durable()
	}, nil
}

// Raw runs statements in the open transaction. ROLLBACK is what SQLite does by
// itself when it cannot go on.
func (d *DB) Raw(statements ...string) {
	d.Still(func() {
		for _, statement := range statements {
			if err := d.sqlite.raw(func() error { return d.sqlite.engine.exec(statement) }); err != nil {
				panic(err)
			}
		}
	})
}

// RedoPath is where the log of a database is.
func RedoPath(database string) string { return redoPath(database) }

// Still calls f while nobody uses the writer connection. Its transaction may be
// open, and what it has put into the log still being written.
func (d *DB) Still(f func()) {
	leave, err := d.sqlite.enter(context.Background())
	if err != nil {
		panic(err)
	}
	defer leave()
	f()
}

// Patient has transactions end only when somebody needs them to.
func (d *DB) Patient() {
	d.Still(func() { d.sqlite.later = time.NewTimer(time.Hour) }) // to which nobody listens
}

// Kept is how many batches the open transaction holds.
func (d *DB) Kept() (n int) {
	d.Still(func() { n = d.sqlite.kept })
	return n
}

// CopyTo copies what the disk holds now, as if the power had gone.
func (d *DB) CopyTo(path string) (err error) {
	d.Still(func() {
		err = errors.Join(copyFile(d.path, path), copyFile(d.path+"-wal", path+"-wal"), copyFile(redoPath(d.path), path+".redo"))
	})
	return err
}

// CopyLog copies the log alone, for the database that is there.
func (d *DB) CopyLog(database string) (err error) {
	d.Still(func() { err = copyFile(redoPath(d.path), redoPath(database)) })
	return err
}

func copyFile(from, to string) error {
	all, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, all, 0o600)
}

// Seal makes the log one that can be read and not written, until unseal.
func (d *DB) Seal() (unseal func()) {
	sealed, err := findRedo(d.path)
	if err != nil {
		panic(err)
	}
	use := func(f *os.File) {
		redo := d.sqlite.redo
		redo.leave()
		redo.writing.Lock()
		redo.file = f
		redo.writing.Unlock()
		if d.sqlite.conn != nil {
			err = redo.own()
		}
	}
	before := d.sqlite.redo.file
	d.Still(func() { use(sealed.file) })
	return func() {
		d.Still(func() { use(before) })
		if err := errors.Join(err, sealed.close()); err != nil {
			panic(err)
		}
	}
}
