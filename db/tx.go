package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Tx is one transaction. Statements may hold the fragments {lock},
// {lock of x} and {skip}.
type Tx struct {
	db  *DB
	tx  statements
	ctx context.Context
}

// statements is what of a transaction a Tx needs: a *sql.Tx, or a connection
// that is in one.
type statements interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Exec runs a statement and returns how many rows it touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.ctx, t.db.dialect.expand(query), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Row runs a query for one row and scans it; sql.ErrNoRows when there is none.
func (t *Tx) Row(query string, args []any, dest ...any) error {
	return t.tx.QueryRowContext(t.ctx, t.db.dialect.expand(query), args...).Scan(dest...)
}

// Rows runs a query and calls each with every row of the answer.
func (t *Tx) Rows(query string, args []any, each func(scan func(...any) error) error) error {
	rows, err := t.tx.QueryContext(t.ctx, t.db.dialect.expand(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Each runs m for the rows in args, one after the other, and calls each with
// every row of the answers; a nil each wants none.
func (t *Tx) Each(m *Many, args []any, each func(scan func(...any) error) error) (err error) {
	m.split(nil, args, func(text *string, args []any) {
		switch {
		case err != nil:
		case each == nil:
			_, err = t.Exec(*text, args...)
		default:
			err = t.Rows(*text, args, each)
		}
	})
	return err
}

// Now is the database's time in milliseconds UTC. Everything that decides by
// time asks it, so that nodes with different clocks agree.
func (t *Tx) Now() (int64, error) {
	if !t.db.usesServerClock() {
		return t.db.processNow(), nil
	}
	var now int64
	err := t.Row(serverClock, nil, &now)
	return now, err
}

// Read runs f in a read-only transaction: one snapshot, no locks. It sees
// everything that was answered before.
func (d *DB) Read(ctx context.Context, f func(*Tx) error) error {
	if d.sqlite != nil {
		if err := d.sqlite.settle(ctx); err != nil {
			return d.orUnavailable(err)
		}
	}
	return d.Glance(ctx, f)
}

// Glance is Read that may miss what the latest batches wrote. It does not make
// them end their transaction.
func (d *DB) Glance(ctx context.Context, f func(*Tx) error) error {
	// SQLite's read pool is read-only by its connections; the option would
	// only cost a statement there.
	opts := &sql.TxOptions{ReadOnly: d.pool != nil}
	if d.pool != nil {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, opts)
	if err != nil {
		return d.orUnavailable(err)
	}
	defer tx.Rollback()
	return d.orUnavailable(f(&Tx{d, tx, ctx}))
}

// LookUp reads one row with one statement, where Read would take three;
// sql.ErrNoRows when there is none. It is for rows that only Write changes: what
// the latest batches wrote may be missing.
func (d *DB) LookUp(ctx context.Context, query string, args []any, dest ...any) error {
	if d.pool != nil { // which prepares by itself
		return d.orUnavailable(d.read.QueryRowContext(ctx, d.dialect.expand(query), args...).Scan(dest...))
	}
	stmt, err := d.lookUps.prepare(d.read, d.dialect.expand(query))
	if err != nil {
		return d.orUnavailable(err)
	}
	// A context that can end costs a goroutine, and there is nothing to wait for.
	return d.orUnavailable(stmt.QueryRowContext(context.WithoutCancel(ctx), args...).Scan(dest...))
}

// lookUps are the prepared statements of LookUp, by their text.
type lookUps struct {
	mu       sync.Mutex
	prepared map[string]*sql.Stmt
}

func (l *lookUps) prepare(on *sql.DB, query string) (*sql.Stmt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if stmt, ok := l.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := on.Prepare(query)
	if err == nil {
		if l.prepared == nil {
			l.prepared = map[string]*sql.Stmt{}
		}
		l.prepared[query] = stmt
	}
	return stmt, err
}

// Write runs f in a transaction and commits it when f returns nil. On
// PostgreSQL f runs again when the server asks for it (serialisation, deadlock),
// so it must have no effect but through the Tx. Nothing that waits for the
// network belongs inside.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	for try := 0; ; try++ {
		err := d.writeOnce(ctx, f)
		if err == nil || !retryable(err) || try == 5 {
			return d.orUnavailable(err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(1+rand.IntN(10<<try)) * time.Millisecond):
		}
	}
}

func (d *DB) writeOnce(ctx context.Context, f func(*Tx) error) error {
	if d.sqlite != nil {
		return d.sqlite.write(ctx, f)
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(&Tx{d, tx, ctx}); err != nil {
		return err
	}
	return tx.Commit()
}
