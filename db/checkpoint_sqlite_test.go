package db

import (
	"path/filepath"
	"testing"
	"time"
)

// rowsAlone counts the rows that the database's own file holds, without SQLite's
// log and ours; 0 also when it does not even have the table.
func rowsAlone(t *testing.T, d *DB) (n int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alone.db")
	if err := copyFile(d.path, path); err != nil {
		t.Fatal(err)
	}
	alone := openFile(t, path, false)
	defer alone.Close()
	if alone.LookUp(t.Context(), `SELECT COUNT(*) FROM t WHERE id <> 'count'`, nil, &n) != nil {
		return 0
	}
	return n
}

// What was committed gets into the database's own file soon, though a
// transaction is open all the time, and nothing of that transaction does.
func TestCheckpointBesideAnOpenTransaction(t *testing.T) {
	d := openHere(t, true)
	durably := func(id string) {
		if err := begun(t, d, id)(); err != nil {
			t.Fatal(err)
		}
	}
	durably("a")
	ids(t, d) // which commits
	durably("b")
	for late := time.Now().Add(30 * time.Second); rowsAlone(t, d) == 0; {
		if time.Now().After(late) {
			t.Fatal("the database's own file is still empty")
		}
	}
	if n := rowsAlone(t, d); n != 1 || d.Kept() != 1 {
		t.Errorf("%d rows in the file, %d batches not committed", n, d.Kept())
	}
	if left := afterCrash(t, d); left != "a b" {
		t.Errorf("%q", left)
	}
}

func TestCheckpointAfterClose(t *testing.T) {
	d := openHere(t, true)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.sqlite.checkpoints.run() // the timer's, when it was faster than its Stop
}
