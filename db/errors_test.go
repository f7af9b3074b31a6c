package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// raise makes PostgreSQL answer with a code that is hard to come by.
func raise(tx *db.Tx, code string) error {
	_, err := tx.Exec(`DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '` + code + `'; END $$`)
	return err
}

type class struct{ conflict, missing, unavailable bool }

func classOf(err error) class {
	return class{db.IsConflict(err), db.IsMissing(err), db.IsUnavailable(err)}
}

func TestClassesOfErrors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		write(t, d, `CREATE TABLE named (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, counter TEXT REFERENCES counters (id))`)
		write(t, d, `INSERT INTO named (id, name) VALUES ('1', 'a')`)
		for _, c := range []struct {
			name, statement string
			want            class
		}{
			{"a primary key twice", `INSERT INTO named (id, name) VALUES ('1', 'b')`, class{conflict: true}},
			{"a unique column twice", `INSERT INTO named (id, name) VALUES ('2', 'a')`, class{conflict: true}},
			{"a missing value", `INSERT INTO named (id) VALUES ('3')`, class{}},
			{"a check", `INSERT INTO counters (id, n) VALUES ('a', -1)`, class{}},
			{"a foreign key", `INSERT INTO named (id, name, counter) VALUES ('4', 'd', 'nobody')`, class{}},
			{"no such table", `DELETE FROM nothing`, class{}},
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(c.statement); return err })
			if got := classOf(err); err == nil || got != c.want {
				t.Errorf("%s: %+v of %v", c.name, got, err)
			}
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var n int64
			return tx.Row(`SELECT n FROM counters WHERE id = 'nobody'`, nil, &n)
		})
		if got := classOf(err); got != (class{missing: true}) {
			t.Errorf("no row: %+v of %v", got, err)
		}
		if got := classOf(nil); got != (class{}) {
			t.Errorf("no error: %+v", got)
		}
		if got := classOf(errors.New("our own")); got != (class{}) {
			t.Errorf("an error of another kind: %+v", got)
		}
	})
}

func TestUnavailableCodesOfPostgres(t *testing.T) {
	onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
		for code, want := range map[string]class{
			"08006": {unavailable: true}, // connection failure
			"53100": {unavailable: true}, // disk full
			"53300": {unavailable: true}, // too many connections
			"57014": {unavailable: true}, // query cancelled
			"57P01": {unavailable: true}, // shutting down
			"58030": {unavailable: true}, // I/O error
			"25006": {unavailable: true}, // read only: a standby
			"23505": {conflict: true},
			"23514": {}, // check
			"22003": {}, // out of range
			"42601": {}, // syntax
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return raise(tx, code) })
			if got := classOf(err); err == nil || got != want {
				t.Errorf("%s: %+v of %v", code, got, err)
			}
		}
	})
}

func TestAFullDiskIsUnavailable(t *testing.T) {
	d := open(t, "sqlite:"+filepath.Join(t.TempDir(), "full.db"))
	write(t, d, counters)
	fill := func() error {
		return d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO counters (id, n) VALUES ($1, 1)`, strings.Repeat("x", 1<<20))
			return err
		})
	}
	limit(t, d, 10)
	if err := fill(); classOf(err) != (class{unavailable: true}) {
		t.Errorf("%+v of %v", classOf(err), err)
	}
	limit(t, d, 10_000)
	if err := fill(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// limit bounds how many pages the file of d may have.
func limit(t *testing.T, d *db.DB, pages int) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		var now int
		return tx.Row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &now)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Another process holds the write lock for longer than somebody waits.
func TestABusyFileIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "busy.db")
	d := open(t, "sqlite:"+path)
	write(t, d, counters)
	other, err := sql.Open("sqlite", "file:"+path) // no busy_timeout
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	err = d.Write(t.Context(), func(*db.Tx) error {
		_, err := other.ExecContext(t.Context(), `INSERT INTO counters (id, n) VALUES ('a', 1)`)
		return err
	})
	if classOf(err) != (class{unavailable: true}) {
		t.Errorf("%+v of %v", classOf(err), err)
	}
}
