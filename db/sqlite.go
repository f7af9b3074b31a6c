package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	// The engine itself, in pure Go: no C compiler, a static binary.
	_ "modernc.org/sqlite"
)

// openSQLite opens one writer, since the engine has no more, and a pool of
// readers that WAL keeps out of its way.
//
// FULL, not NORMAL: a 200 must survive a power cut, and NORMAL was measured to
// lose acknowledged rows then. _dqs=0 makes a misspelt column an error instead
// of a text. Pages of 2 KiB are half the bytes for each of the many leaves that a
// batch touches, and statements for many rows keep what they would undo in
// memory instead of a file: together a sixth less CPU a message. More pages
// between two checkpoints were no faster, and their longer checkpoints showed in
// the tail.
func openSQLite(ctx context.Context, path string, server bool) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	const common = "&_dqs=0&_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	write, err := sql.Open("sqlite", name+"?_txlock=immediate&_pragma=page_size(2048)&_pragma=temp_store(2)"+common+"&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(1000)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Everything in the file is the installation's secret to keep.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+suffix, 0o600); err != nil && !os.IsNotExist(err) {
			write.Close()
			return nil, err
		}
	}
	read, err := sql.Open("sqlite", name+"?_query_only=1"+common)
	if err != nil {
		write.Close()
		return nil, err
	}
	read.SetMaxOpenConns(8)
	t, err := openTurn(path, server)
	if err != nil {
		write.Close()
		read.Close()
		return nil, err
	}
	return &DB{dialect: &sqliteDialect, write: write, read: read, path: path, turn: t}, nil
}
