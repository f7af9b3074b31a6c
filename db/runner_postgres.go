package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresRunner runs a batch in two round trips: BEGIN and all loads in one
// pipeline, all writes and COMMIT in the next.
type postgresRunner struct {
	db    *DB
	texts *texts
}

func newPostgresRunner(d *DB) *postgresRunner {
	return &postgresRunner{db: d, texts: newTexts(d.dialect.expand)}
}

// run implements runner.
func (r *postgresRunner) run(ctx context.Context, _ *Committer, load func(*Pipeline, uint64), decide func(int64), apply func(*Pipeline)) (durable func() error, err error) {
	return nil, guarded(func() error { return r.transact(ctx, func(p *Pipeline) { load(p, 0) }, decide, apply) })()
}

func (r *postgresRunner) transact(ctx context.Context, load func(*Pipeline), decide func(int64), apply func(*Pipeline)) error {
	conn, err := r.db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	now, xact := r.db.processNow(), int64(0)
	err = r.pipeline(ctx, conn.Conn(), func(p *Pipeline) {
		p.QueryOnce("BEGIN", nil)
		load(p)
		p.QueryOnce(clockAndXact, func(row Row) {
			if xact = row.Int(1); r.db.usesServerClock() {
				now = row.Int(0)
			}
		})
	})
	if err != nil {
		return r.rollback(conn.Conn(), err)
	}
	decide(now)
	err = r.pipeline(ctx, conn.Conn(), func(p *Pipeline) {
		apply(p)
		p.QueryOnce("COMMIT", nil)
	})
	var said *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case pgconn.SafeToRetry(err), errors.As(err, &said) && said.SeverityUnlocalized != "FATAL":
		return r.rollback(conn.Conn(), err)
	}
	// The connection ended, and what the server said last, if anything, is
	// about that and not about the transaction.
	conn.Conn().Close(context.Background())
	return r.lookUp(xact, err)
}

// clockAndXact is the server's clock and the number of this transaction, by
// which its end can be asked for when the answer to COMMIT is lost.
const clockAndXact = serverClock + `, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)`

// lookUp asks on another connection what became of a transaction, and returns
// nil when it was committed. The server may still be at it: it notices that a
// connection is gone only when it has something to say. Looking for the rows
// instead would not see them then.
func (r *postgresRunner) lookUp(xact int64, lost error) error {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	for {
		var status string
		err := r.db.pool.QueryRow(ctx, `SELECT COALESCE(pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8)), 'forgotten')`, fmt.Sprint(xact)).Scan(&status)
		switch {
		case err != nil:
			return fmt.Errorf("the commit got no answer: %w", errors.Join(lost, err))
		case status == "committed":
			return nil
		case status != "in progress":
			return fmt.Errorf("the commit got no answer, and the transaction is %s: %w", status, lost)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
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
	p := Pipeline{texts: r.texts}
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
