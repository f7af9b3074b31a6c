package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// SQLite's result codes that mean something to us; the low byte is the class.
const (
	sqliteBusy             = 5
	sqliteFull             = 13
	sqliteConstraintUnique = 2067
	sqliteConstraintPK     = 1555
)

// IsConflict says whether err is a broken UNIQUE or PRIMARY KEY.
func IsConflict(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code() == sqliteConstraintUnique || lite.Code() == sqliteConstraintPK)
}

// IsMissing says whether err means that a row asked for is not there.
func IsMissing(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnavailable says whether err is about the database itself (gone, full,
// busy, shutting down), so that the same request may do better later.
func IsUnavailable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, intervention, system
			return true
		}
		return pg.Code == "25006" // read-only: a standby
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqliteBusy, sqliteFull, 10: // and I/O error
			return true
		}
		return false
	}
	var netErr net.Error
	return errors.As(err, new(unavailable)) || errors.As(err, &netErr) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || // a connection that ended in mid-sentence
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}

// retryable says whether PostgreSQL asks for the transaction again.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// unavailable marks an error after which the same request may do better later,
// for who knows nothing of databases.
type unavailable struct{ error }

func (u unavailable) Unwrap() error     { return u.error }
func (u unavailable) Unavailable() bool { return true }

// orUnavailable returns err, marked if it is of that kind.
func (d *DB) orUnavailable(err error) error {
	if err != nil && (IsUnavailable(err) || d.closed.Load()) {
		return unavailable{err}
	}
	return err
}
