package db_test

import (
	"strings"
	"sync"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func write(t *testing.T, d *db.DB, statement string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, d *db.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(query, args, &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigrateTwice(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := open(t, url)
		if done, err := d.Migrated(t.Context()); err != nil || done {
			t.Errorf("an empty database counts as migrated (%v)", err)
		}
		for range 2 {
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if done, err := d.Migrated(t.Context()); err != nil || !done {
				t.Errorf("migrated: %t, %v", done, err)
			}
		}
	})
}

// Several nodes start at once on an empty database.
func TestMigrateTogether(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var nodes sync.WaitGroup
		start := make(chan struct{})
		for range 6 {
			d := open(t, url)
			nodes.Go(func() {
				<-start
				if err := d.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
				if done, err := d.Migrated(t.Context()); err != nil || !done {
					t.Errorf("migrated: %t, %v", done, err)
				}
			})
		}
		close(start)
		nodes.Wait()
		d := open(t, url)
		if n := number(t, d, `SELECT COUNT(*) FROM goose_db_version WHERE version_id = 1`); n != 1 {
			t.Errorf("the first migration ran %d times", n)
		}
	})
}

func TestMigrateRefusesANewerDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
		err := d.Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), "version 9999") || !strings.Contains(err.Error(), "newer aviso") {
			t.Errorf("%v", err)
		}
	})
}

// Both engines refuse a value of another type than its column's.
func TestColumnsAreStrict(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit_entries (id, actor, action, subject, detail, created_at) VALUES ('1', '', '', '', '', 'noon')`)
			return err
		})
		if err == nil {
			t.Error("a text went into a number column")
		}
		if n := number(t, d, `SELECT COUNT(*) FROM audit_entries`); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// A misspelt column in double quotes is an error, not a text.
func TestDoubleQuotesAreNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var n int64
			return tx.Row(`SELECT COUNT(*) FROM audit_entries WHERE "actr" = ''`, nil, &n)
		})
		if err == nil {
			t.Error("a misspelt column was taken")
		}
	})
}
