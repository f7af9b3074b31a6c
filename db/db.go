package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is one open database of either kind.
type DB struct {
	dialect *dialect
	write   *sql.DB
	read    *sql.DB
	pool    *pgxpool.Pool // nil on SQLite
	path    string        // of the SQLite file
	sqlite  *sqliteRunner // nil on PostgreSQL
	turn    *turn         // nil on PostgreSQL
	lookUps lookUps
	clock   atomic.Pointer[func() int64]
	closed  atomic.Bool
}

// Options say which database to open.
type Options struct {
	// URL is sqlite:PATH or postgres://user@host/db.
	URL string
	// Password is used when the URL holds none.
	Password string
	// Create makes a SQLite file that is not there. Commands do not: a typing
	// error must not become an empty installation.
	Create bool
	// Server is the process that writes all the time. It keeps a redo log
	// beside a SQLite database, and others ask it for the write lock.
	Server bool
	// Warn is told when a server's redo log cannot be written: every batch is then
	// a COMMIT of its own, until it can. It may be nil.
	Warn func(error)
}

// ErrNotCreated is what Open returns for a SQLite file that is not there.
var ErrNotCreated = errors.New("there is no database yet")

// Open opens the database and proves that it answers. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	if path, ok := strings.CutPrefix(o.URL, "sqlite:"); ok {
		if path == "" {
			return nil, errors.New("the database URL names no file: sqlite: must be followed by a path")
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !o.Create {
			return nil, fmt.Errorf("%s: %w; `aviso serve` makes it", path, ErrNotCreated)
		}
		return openSQLite(ctx, path, o)
	}
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		return openPostgres(ctx, o)
	}
	return nil, errors.New("the database URL must begin with sqlite: or postgres://")
}

// Postgres says which of the two engines this is.
func (d *DB) Postgres() bool { return d.pool != nil }

// Path is the SQLite file; empty on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Close ends all connections. Nothing may be in flight.
func (d *DB) Close() error {
	err := d.sqlite.close()
	d.closed.Store(true)
	err = errors.Join(err, d.read.Close(), d.write.Close(), d.turn.close())
	if d.pool != nil {
		d.pool.Close()
	}
	return err
}

// SetClock replaces the database's clock, for tests: now in milliseconds UTC.
func (d *DB) SetClock(now func() int64) { d.clock.Store(&now) }

// processNow is the clock of this process in milliseconds UTC, or the one a
// test has set.
func (d *DB) processNow() int64 {
	if f := d.clock.Load(); f != nil {
		return (*f)()
	}
	return time.Now().UnixMilli()
}

// serverClock reads PostgreSQL's clock at this moment, not at the beginning of
// the transaction: a lock may have been waited for since.
const serverClock = `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`

// usesServerClock says whether time comes from PostgreSQL, so that all nodes
// agree on it. On SQLite the only node's own clock is the database's.
func (d *DB) usesServerClock() bool { return d.pool != nil && d.clock.Load() == nil }

// Ping proves that the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Day is today's number since 1970 in UTC, by this process's clock: a guess at
// the database's, for what has to be asked before its time is known.
func (d *DB) Day() int64 { return d.processNow() / (24 * 60 * 60 * 1000) }
