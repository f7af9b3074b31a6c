package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"

	// The engine itself, in pure Go: no C compiler, a static binary.
	_ "modernc.org/sqlite"
)

const readers = 8

// openSQLite opens one writer, since the engine has no more, and a pool of
// readers that WAL keeps out of its way.
//
// FULL, not NORMAL: a 200 must survive a power cut, and NORMAL was measured to
// lose acknowledged rows then. _dqs=0 makes a misspelt column an error instead
// of a text. Pages of 2 KiB are half the bytes for each of the many leaves that a
// batch touches, and statements for many rows keep what they would undo in
// memory instead of a file: together a sixth less CPU a message. A server's COMMIT
// makes a checkpoint only when it must, see checkpointer.
func openSQLite(ctx context.Context, path string, o Options) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	const common = "&_dqs=0&_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	pages := 1000
	if o.Server {
		pages = checkpointPages
	}
	write, err := sql.Open("sqlite", fmt.Sprintf("%s?_txlock=immediate&_pragma=page_size(2048)&_pragma=temp_store(2)%s&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(%d)",
		name, common, pages))
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
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers) // opening one takes longer than most reads
	d := &DB{dialect: &sqliteDialect, write: write, read: read, path: path}
	if err := d.keepRedo(ctx, o); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close(), d.turn.close())
	}
	return d, nil
}

// keepRedo opens a server's redo log, and brings the tables up to the log that
// a server left which did not come to its end.
func (d *DB) keepRedo(ctx context.Context, o Options) (err error) {
	if d.turn, err = openTurn(d.path, o.Server); err != nil {
		return err
	}
	d.sqlite = newSQLiteRunner(d, nil)
	if !o.Server {
		behind, err := d.sqlite.behind(ctx)
		if err != nil || !behind {
			return err
		}
		return d.sqlite.write(ctx, func(*Tx) error { return nil })
	}
	err = d.sqlite.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS ` + redoTable + ` (only INTEGER PRIMARY KEY CHECK (only = 1), id INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO `+redoTable+` (only, id, seq) VALUES (1, $1, 0) ON CONFLICT (only) DO UPDATE SET id = excluded.id, seq = 0`, rand.Int64())
		return err
	})
	if err != nil {
		return err
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	d.sqlite.checkpoints = newCheckpointer(d.read)
	d.sqlite.redo, err = createRedo(d.path, o.Warn)
	return err
}
