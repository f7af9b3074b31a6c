package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// sqliteRunner runs batches on the one writer connection. It speaks to the
// driver itself and keeps its prepared statements: database/sql would tie them
// to a transaction and look each up again.
type sqliteRunner struct {
	db       *DB
	conn     driver.Conn
	prepared map[string]driver.Stmt
	expanded map[string]string
	named    []driver.NamedValue
	row      []driver.Value
	steps    []step
}

func newSQLiteRunner(d *DB) *sqliteRunner {
	return &sqliteRunner{db: d, expanded: map[string]string{}}
}

func (r *sqliteRunner) run(ctx context.Context, load func(*Pipeline), decide func(int64), apply func(*Pipeline)) error {
	defer r.db.turn.ask()()
	conn, err := r.db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// From here on nothing is waited for but the disk, and the driver starts a
	// goroutine a statement for a context that can end.
	ctx = context.WithoutCancel(ctx)
	return conn.Raw(func(c any) error {
		if r.conn != c {
			r.conn, r.prepared = c.(driver.Conn), map[string]driver.Stmt{}
		}
		if err := r.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err := r.pipeline(ctx, load)
		if err == nil {
			decide(r.db.processNow())
			err = r.pipeline(ctx, apply)
		}
		if err == nil {
			err = r.exec(ctx, "COMMIT")
		}
		if err != nil {
			// A failed COMMIT leaves the transaction open or already rolled
			// back; either way nothing of it is durable afterwards.
			if e := r.exec(ctx, "ROLLBACK"); e != nil && !errors.Is(e, context.Canceled) {
				return fmt.Errorf("%w (rolling back: %v)", err, e)
			}
		}
		return err
	})
}

func (r *sqliteRunner) pipeline(ctx context.Context, fill func(*Pipeline)) error {
	p := Pipeline{steps: r.steps[:0], expand: r.expand}
	fill(&p)
	for i := range p.steps {
		if err := r.step(ctx, &p.steps[i]); err != nil {
			return p.steps[i].fail(err)
		}
	}
	clear(p.steps)
	r.steps = p.steps
	return nil
}

func (r *sqliteRunner) expand(text string) string {
	s, ok := r.expanded[text]
	if !ok {
		s = r.db.dialect.placeholders(r.db.dialect.expand(text))
		r.expanded[text] = s
	}
	return s
}

func (r *sqliteRunner) exec(ctx context.Context, text string) error {
	return r.step(ctx, &step{sql: text})
}

func (r *sqliteRunner) step(ctx context.Context, s *step) error {
	stmt, ok := r.prepared[s.sql]
	if !ok {
		var err error
		if stmt, err = r.conn.(driver.ConnPrepareContext).PrepareContext(ctx, s.sql); err != nil {
			return err
		}
		r.prepared[s.sql] = stmt
	}
	named := r.named[:0]
	for i, a := range s.args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	r.named = named
	if s.scan == nil {
		_, err := stmt.(driver.StmtExecContext).ExecContext(ctx, named)
		return err
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, named)
	if err != nil {
		return err
	}
	if n := len(rows.Columns()); cap(r.row) < n {
		r.row = make([]driver.Value, n)
	} else {
		r.row = r.row[:n]
	}
	row := make(Row, len(r.row))
	for {
		if err := rows.Next(r.row); err != nil {
			closeErr := rows.Close()
			if err == io.EOF {
				return closeErr
			}
			return err
		}
		for i, v := range r.row {
			row[i] = v
		}
		s.scan(row)
	}
}
