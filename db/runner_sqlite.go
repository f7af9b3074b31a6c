package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// sqliteRunner owns the one writer connection and runs the batches of all
// committers on it, and every Write.
//
// Without a redo log each batch is a transaction. With one, which is what a
// server has, a batch is durable once the log holds its statements. The
// transaction stays open for the batches that follow for a while, see openFor,
// or until the log is full, or somebody comes who wants to write, or to read what
// was written.
type sqliteRunner struct {
	db   *DB
	redo *redoLog // nil: every batch is committed at once

	free   chan struct{} // holds one token while nobody uses what is below
	conn   *sql.Conn     // with the open transaction; nil when there is none
	kept   int           // batches in the transaction that are in the log
	tables position      // where they were when the transaction began
	later  *time.Timer   // commits what is open
	took   time.Duration // by the latest COMMIT
	engine sqliteEngine

	// state changes whenever somebody else than the committer who ran the latest
	// batch has written.
	state   uint64
	latest  *Committer
	version int64 // SQLite's own count of what other connections have committed

	checkpoints *checkpointer // nil: COMMIT makes them

	// unseen says that batches were answered which readers do not see yet.
	unseen atomic.Bool
}

// How long a transaction stays open for more batches: other processes see what
// was written, and may write, only when it ends. Nobody is answered during
// COMMIT, so that one that takes long must come seldom.
const (
	openAtLeast = 50 * time.Millisecond
	openAtMost  = 250 * time.Millisecond
	openShare   = 6 // at most one part in so many of the time is COMMIT's
)

func (r *sqliteRunner) openFor() time.Duration {
	return min(max(openAtLeast, (openShare-1)*r.took), openAtMost)
}

func newSQLiteRunner(d *DB, redo *redoLog) *sqliteRunner {
	r := &sqliteRunner{db: d, redo: redo, free: make(chan struct{}, 1), engine: newSQLiteEngine(d.dialect)}
	r.free <- struct{}{}
	r.later = time.AfterFunc(openAtMost, func() {
		_ = r.settle(context.Background()) // who comes next meets the error again
	})
	r.later.Stop()
	return r
}

// enter waits until nobody else uses the writer connection. Processes take
// turns as well, by asking.
func (r *sqliteRunner) enter(ctx context.Context) (leave func(), err error) {
	asked := r.db.turn.ask()
	select {
	case <-r.free:
		return func() { r.free <- struct{}{}; asked() }, nil
	case <-ctx.Done():
		asked()
		return nil, ctx.Err()
	}
}

// run implements runner.
func (r *sqliteRunner) run(ctx context.Context, c *Committer, load func(*Pipeline, uint64), decide func(int64), apply func(*Pipeline)) (durable func() error, err error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	state := r.turnTo(c)
	err = r.raw(guarded(func() error {
		if err := r.engine.pipeline(func(p *Pipeline) { load(p, state) }, r.redo); err != nil {
			return err
		}
		decide(r.db.processNow())
		return r.engine.pipeline(apply, r.redo)
	}))
	if err != nil {
		return nil, r.undo(err)
	}
	if r.redo == nil {
		return nil, r.commit()
	}
	w, err := r.redo.append()
	if err != nil {
		return nil, r.commit()
	}
	if r.kept++; r.kept == 1 {
		r.unseen.Store(true)
		r.later.Reset(r.openFor())
	}
	if w == nil {
		return nil, nil
	}
	return func() error { return r.ensure(w) }, nil
}

// ensure returns when a batch is durable: written to the log, or committed
// when the log cannot be written.
func (r *sqliteRunner) ensure(w *redoWrite) error {
	if r.redo.write(w) == nil {
		return nil
	}
	leave, err := r.enter(context.Background())
	if err != nil {
		return err
	}
	defer leave()
	if ended, fate := r.redo.outlived(w); ended {
		return fate
	}
	return r.commit()
}

// turnTo returns the state for c's batch in the open transaction. Without a log
// nobody runs batch after batch, and keeping is not worth a look.
func (r *sqliteRunner) turnTo(c *Committer) uint64 {
	if r.redo == nil {
		return 0
	}
	if r.latest != c {
		r.latest = c
		r.state++
	}
	return r.state
}

// undo takes one batch back, for the reason err. Those before it in the
// transaction go with it, and come again from the log: savepoints would cost
// every batch a copy of each page it changes, and a batch hardly ever fails.
func (r *sqliteRunner) undo(err error) error {
	if r.redo != nil {
		r.redo.flush()
	}
	return r.rollback(err)
}

// write runs f in a transaction of its own.
func (r *sqliteRunner) write(ctx context.Context, f func(*Tx) error) error {
	leave, err := r.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if r.kept > 0 {
		if err := r.commit(); err != nil {
			return err
		}
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	r.state++
	defer func() {
		if r.conn != nil { // f has panicked
			_ = r.rollback(errPanic)
		}
	}()
	if err := f(&Tx{r.db, r.conn, ctx}); err != nil {
		return r.rollback(err)
	}
	return r.commit()
}

// begin sees to it that a transaction is open and that the tables hold what
// the log does.
func (r *sqliteRunner) begin(ctx context.Context) error {
	if r.conn != nil {
		return nil
	}
	conn, err := r.db.write.Conn(ctx)
	if err != nil {
		return err
	}
	r.conn = conn
	if err := r.raw(r.open); err != nil {
		return r.rollback(err)
	}
	return nil
}

// open begins transactions until there is one in which the tables lack nothing:
// records can be written over once a COMMIT has made them obsolete, and after a
// COMMIT another process may have been at work.
func (r *sqliteRunner) open() error {
	for behind := true; behind; {
		if err := r.engine.exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		var err error
		if behind, err = r.catchUp(); err != nil {
			// Whatever a record's statement broke, it is no answer to who comes now.
			return unavailable{fmt.Errorf("bringing the database up to its redo log: %v", err)}
		}
		if !behind {
			break
		}
		if err := r.engine.exec("COMMIT"); err != nil {
			return err
		}
	}
	version, err := r.engine.version()
	if version != r.version {
		r.version = version
		r.state++
	}
	return err
}

// catchUp runs what is in the log and not in the tables, and says whether that
// was anything. A process that keeps no log looks whether a server has left one.
func (r *sqliteRunner) catchUp() (behind bool, err error) {
	redo := r.redo
	if redo == nil {
		if redo, err = findRedo(r.db.path); redo == nil || err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, redo.close()) }()
	}
	if err := redo.own(); err != nil {
		return false, err
	}
	if r.tables, err = r.engine.position(); err != nil {
		return false, err
	}
	where, err := r.replay(redo)
	if err != nil {
		return false, err
	}
	if where.id == redo.where.id {
		where.seq = max(where.seq, redo.where.seq) // records that were given up have had theirs
	}
	if where != r.tables {
		r.state++
		redo.leave() // who gets the write lock after the COMMIT waits for this
		return true, r.engine.move(where)
	}
	if redo == r.redo {
		redo.rewind(where)
		r.unseen.Store(false)
	}
	return false, nil
}

func (r *sqliteRunner) replay(redo *redoLog) (position, error) {
	var known []*statement
	defer func() {
		for _, s := range known {
			s.forget()
		}
	}()
	return redo.replay(r.tables, &known, func(steps []step) error {
		for i := range steps {
			if err := r.engine.run(&steps[i]); err != nil {
				return steps[i].fail(err)
			}
		}
		return nil
	})
}

// commit ends the open transaction; afterwards the log holds nothing that the
// tables lack.
func (r *sqliteRunner) commit() error {
	began := time.Now()
	err := r.raw(func() error {
		if r.redo != nil && r.redo.where != r.tables {
			// In no transaction that would stand alone, and lose the records.
			if r.engine.exec("BEGIN") == nil {
				return errors.New("SQLite has ended the transaction by itself")
			}
			if err := r.engine.move(r.redo.where); err != nil {
				return err
			}
		}
		return r.engine.exec("COMMIT")
	})
	if err != nil {
		return r.rollback(err)
	}
	if r.redo != nil {
		r.redo.rewind(r.redo.where)
	}
	r.unseen.Store(false)
	r.took = time.Since(began)
	r.end()
	r.checkpoints.soon()
	r.db.turn.give()
	return nil
}

// rollback gives the transaction up, for the reason err. What the log holds of
// it is run again by whoever begins the next.
func (r *sqliteRunner) rollback(err error) error {
	r.state++
	if r.redo != nil {
		r.redo.abandon(err)
	}
	ended := r.raw(func() error { return r.engine.exec("ROLLBACK") })
	if ended != nil {
		// There is no transaction any more, or one that cannot be ended: a new
		// connection is sure to have none.
		r.engine.texts.forget()
		_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	r.end()
	return err
}

// end gives the connection back, and lets other processes at the log.
func (r *sqliteRunner) end() {
	r.later.Stop()
	if r.redo != nil {
		r.redo.leave()
	}
	_ = r.conn.Close() // which only says that it was closed before
	r.conn, r.kept = nil, 0
}

// settle makes everything that was answered visible to readers.
func (r *sqliteRunner) settle(ctx context.Context) error {
	if !r.unseen.Load() {
		return nil
	}
	leave, err := r.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if !r.unseen.Load() {
		return nil
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	return r.commit()
}

// raw calls f with the engine on the transaction's connection. In there
// nothing is waited for but the disk and the write lock.
func (r *sqliteRunner) raw(f func() error) error {
	return r.conn.Raw(func(c any) error {
		r.engine.conn = c.(driver.Conn)
		return f()
	})
}

// close commits what is open. Nothing may be in flight.
func (r *sqliteRunner) close() error {
	if r == nil {
		return nil
	}
	err := r.settle(context.Background())
	leave, _ := r.enter(context.Background()) // the timer may still be at it
	defer leave()
	r.later.Stop()
	r.checkpoints.close()
	r.engine.texts.forget()
	return errors.Join(err, r.redo.close())
}

// behind says whether a redo log may hold what the tables lack. It takes no
// lock: a server that is at work is a little ahead of what others see.
func (r *sqliteRunner) behind(ctx context.Context) (bool, error) {
	redo, err := findRedo(r.db.path)
	if redo == nil || err != nil {
		return false, err
	}
	defer redo.close()
	conn, err := r.db.read.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	engine := newSQLiteEngine(r.db.dialect)
	var tables position
	err = conn.Raw(func(c any) error {
		defer engine.texts.forget()
		engine.conn = c.(driver.Conn)
		tables, err = engine.position()
		return err
	})
	if err != nil {
		return false, err
	}
	return redo.ahead(tables)
}
