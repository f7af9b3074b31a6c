package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresRunner runs a batch in two round trips: BEGIN and all loads in one
// pipeline, all writes and COMMIT in the next.
type postgresRunner struct {
	db       *DB
	expanded map[string]string
}

func newPostgresRunner(d *DB) *postgresRunner {
	return &postgresRunner{db: d, expanded: map[string]string{}}
}

func (r *postgresRunner) run(ctx context.Context, load func(*Pipeline), decide func(int64), apply func(*Pipeline)) error {
	conn, err := r.db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	now := r.db.processNow()
	err = r.pipeline(ctx, conn.Conn(), func(p *Pipeline) {
		p.QueryOnce("BEGIN", nil)
		load(p)
		if r.db.usesServerClock() {
			p.QueryOnce(serverClock, func(row Row) { now = row.Int(0) })
		}
	})
	if err != nil {
		return r.rollback(conn.Conn(), err)
	}
	decide(now)
	sent := false
	err = r.pipeline(ctx, conn.Conn(), func(p *Pipeline) {
		apply(p)
		p.QueryOnce("COMMIT", nil)
		sent = true
	})
	if err == nil {
		return nil
	}
	var refused *pgconn.PgError
	if sent && !errors.As(err, &refused) && !pgconn.SafeToRetry(err) {
		conn.Conn().Close(context.Background())
		return fmt.Errorf("%w: %w", errInDoubt, err)
	}
	return r.rollback(conn.Conn(), err)
}

// rollback gives the connection back clean, or not at all.
func (r *postgresRunner) rollback(conn *pgx.Conn, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	if _, e := conn.Exec(ctx, "ROLLBACK"); e != nil {
		conn.Close(ctx)
	}
	return err
}

func (r *postgresRunner) pipeline(ctx context.Context, conn *pgx.Conn, fill func(*Pipeline)) error {
	p := Pipeline{expand: r.expand}
	fill(&p)
	batch := &pgx.Batch{}
	for _, s := range p.steps {
		batch.Queue(s.sql, s.args...)
	}
	results := conn.SendBatch(ctx, batch)
	for i := range p.steps {
		if err := readStep(results, &p.steps[i]); err != nil {
			results.Close()
			return p.steps[i].fail(err)
		}
	}
	return results.Close()
}

func readStep(results pgx.BatchResults, s *step) error {
	if s.scan == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		s.scan(values)
	}
	return rows.Err()
}

func (r *postgresRunner) expand(text string) string {
	s, ok := r.expanded[text]
	if !ok {
		s = r.db.dialect.expand(text)
		r.expanded[text] = s
	}
	return s
}
