package db

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// openHere opens a database whose transactions end only when somebody needs
// them to, with a table t of ids and a counter.
func openHere(t *testing.T, server bool) *DB {
	t.Helper()
	d := openFile(t, filepath.Join(t.TempDir(), "aviso.db"), server)
	write := func(statement string) {
		if err := d.Write(t.Context(), func(tx *Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
			t.Fatal(err)
		}
	}
	write(`CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER NOT NULL)`)
	write(`CREATE TABLE of (t TEXT REFERENCES t (id))`)
	write(`INSERT INTO t (id, n) VALUES ('count', 0)`)
	return d
}

func openFile(t *testing.T, path string, server bool) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{URL: "sqlite:" + path, Create: true, Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	d.Patient()
	return d
}

// insert is a batch that makes a row and counts it, from what it has read. It
// returns before it is durable.
func (d *DB) insert(id string) (durable func() error, err error) {
	n := int64(0)
	return d.sqlite.run(context.Background(), nil,
		func(p *Pipeline, _ uint64) {
			p.QueryOnce(`SELECT n FROM t WHERE id = 'count'`, func(r Row) { n = r.Int(0) })
		},
		func(int64) { n++ },
		func(p *Pipeline) {
			p.QueryOnce(`UPDATE t SET n = $1 WHERE id = 'count'`, nil, n)
			p.QueryOnce(`INSERT INTO t (id, n) VALUES ($1, 0)`, nil, id)
		})
}

// begun is an insert that must succeed so far.
func begun(t *testing.T, d *DB, id string) (durable func() error) {
	t.Helper()
	durable, err := d.insert(id)
	if err != nil || durable == nil {
		t.Fatalf("%s: %v", id, err)
	}
	return durable
}

// ids are all rows but the counter, which must have counted them.
func ids(t *testing.T, d *DB) string {
	t.Helper()
	var list string
	var n, counted int
	err := d.Read(t.Context(), func(tx *Tx) error {
		return tx.Row(`SELECT COALESCE(GROUP_CONCAT(id, ' '), ''), COUNT(*), (SELECT n FROM t WHERE id = 'count') FROM (SELECT id FROM t WHERE id <> 'count' ORDER BY id)`, nil, &list, &n, &counted)
	})
	if err != nil || n != counted {
		t.Errorf("%q counted as %d (%v)", list, counted, err)
	}
	return list
}

// afterCrash is ids of what is left when the power goes now.
func afterCrash(t *testing.T, d *DB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aviso.db")
	if err := d.CopyTo(path); err != nil {
		t.Fatal(err)
	}
	return ids(t, openFile(t, path, false))
}

// A batch is not in the log before its callers may be told, and is afterwards.
func TestDurableMeansWritten(t *testing.T) {
	d := openHere(t, true)
	first, second := begun(t, d, "a"), begun(t, d, "b")
	if left := afterCrash(t, d); left != "" {
		t.Errorf("%q, which nobody has written", left)
	}
	for _, durable := range []func() error{first, second, first} {
		if err := durable(); err != nil {
			t.Error(err)
		}
		if left := afterCrash(t, d); left != "a b" {
			t.Errorf("%q", left)
		}
	}
	third := begun(t, d, "c")
	if list := ids(t, d); list != "a b c" {
		t.Errorf("%q", list)
	}
	if err := third(); err != nil || afterCrash(t, d) != "a b c" {
		t.Errorf("committed by a reader: %v", err)
	}
}

// Those that wait to be written when a batch fails are written before it takes
// the transaction with it.
func TestFailedBatchWritesWhatWaits(t *testing.T) {
	d := openHere(t, true)
	if err := begun(t, d, "a")(); err != nil {
		t.Fatal(err)
	}
	waits := begun(t, d, "b")
	if _, err := d.insert("a"); !IsConflict(err) {
		t.Errorf("%v", err)
	}
	if err := waits(); err != nil {
		t.Error(err)
	}
	if left, list := afterCrash(t, d), ids(t, d); left != "a b" || list != "a b" {
		t.Errorf("%q, and %q after a crash", list, left)
	}
}

// A Write that fails takes nothing of the batches before it along.
func TestWriteThatFailsAmongBatches(t *testing.T) {
	d := openHere(t, true)
	waits := begun(t, d, "a")
	mind := errors.New("another mind")
	err := d.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM t`)
		return errors.Join(mind, err)
	})
	if !errors.Is(err, mind) {
		t.Errorf("%v", err)
	}
	if err := waits(); err != nil {
		t.Error(err)
	}
	if left, list := afterCrash(t, d), ids(t, d); left != "a" || list != "a" {
		t.Errorf("%q, and %q after a crash", list, left)
	}
}

// When they cannot be written either, they are told about that and not about
// the batch that has failed, and are gone.
func TestUnwrittenBatchHasAnErrorOfItsOwn(t *testing.T) {
	d := openHere(t, true)
	if err := begun(t, d, "a")(); err != nil {
		t.Fatal(err)
	}
	waits := begun(t, d, "b")
	unseal := d.Seal()
	if _, err := d.insert("a"); !IsConflict(err) {
		t.Errorf("%v", err)
	}
	if err := waits(); IsConflict(err) || !IsUnavailable(err) {
		t.Errorf("%v", err)
	}
	unseal()
	if err := begun(t, d, "c")(); err != nil {
		t.Error(err)
	}
	if left, list := afterCrash(t, d), ids(t, d); left != "a c" || list != "a c" {
		t.Errorf("%q, and %q after a crash", list, left)
	}
}

// A COMMIT that fails takes back what was not written, and nothing else.
func TestCommitThatFails(t *testing.T) {
	for name, statements := range map[string][]string{
		"for a broken rule":       {`PRAGMA defer_foreign_keys = 1`, `INSERT INTO of (t) VALUES ('nobody')`},
		"for SQLite has ended it": {`ROLLBACK`},
	} {
		t.Run(name, func(t *testing.T) {
			d := openHere(t, true)
			if err := begun(t, d, "a")(); err != nil {
				t.Fatal(err)
			}
			waits := begun(t, d, "b")
			d.Raw(statements...)
			if err := d.Read(t.Context(), func(*Tx) error { return nil }); err == nil {
				t.Error("a Read that misses what was answered")
			}
			if err := waits(); err == nil {
				t.Error("durable without a COMMIT and without the log")
			}
			if left, list := afterCrash(t, d), ids(t, d); left != "a" || list != "a" {
				t.Errorf("%q, and %q after a crash", list, left)
			}
			if err := begun(t, d, "c")(); err != nil || afterCrash(t, d) != "a c" {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}

// A record that was given up may still be in the file, behind what is written
// next: it has a number that is never given again.
func TestNumbersAreGivenOnce(t *testing.T) {
	d := openHere(t, true)
	first, second := begun(t, d, "a"), begun(t, d, "b")
	d.Still(func() { // the disk has all but the first header, and says that it has nothing
		l := d.sqlite.redo
		if _, err := l.file.WriteAt(l.waiting.data[redoHeader:], l.waiting.at+redoHeader); err != nil {
			t.Fatal(err)
		}
	})
	unseal := d.Seal()
	d.Raw(`ROLLBACK`)
	if first() == nil || second() == nil {
		t.Error("durable nowhere")
	}
	unseal()
	if err := begun(t, d, "c")(); err != nil { // as long as the first was
		t.Fatal(err)
	}
	if left := afterCrash(t, d); left != "c" {
		t.Errorf("%q after a crash", left)
	}
}

// A record that cannot be run is nobody's conflict: the database is not to be
// had, and the record stays where it is.
func TestRecordThatCannotBeRun(t *testing.T) {
	d := openHere(t, true)
	durable := begun(t, d, "a")
	d.Still(func() {
		l := d.sqlite.redo
		l.note(&step{&statement{sql: `INSERT INTO t (id, n) VALUES ('a', 0)`}, nil, nil})
		if _, err := l.append(); err != nil {
			t.Fatal(err)
		}
	})
	if err := durable(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "aviso.db")
	if err := d.CopyTo(path); err != nil {
		t.Fatal(err)
	}
	for _, server := range []bool{false, true, false} {
		left, err := Open(t.Context(), Options{URL: "sqlite:" + path, Server: server})
		if err == nil {
			left.Close()
		}
		if IsConflict(err) || !IsUnavailable(err) || !strings.Contains(err.Error(), "redo log") {
			t.Errorf("%v", err)
		}
	}
}

// A query whose rows are wanted is not in the log, and must change nothing.
func TestPipelinedQueryMustNotChangeAnything(t *testing.T) {
	d := openHere(t, true)
	_, err := d.sqlite.run(t.Context(), nil, func(*Pipeline, uint64) {}, func(int64) {}, func(p *Pipeline) {
		p.QueryOnce(`DELETE FROM t RETURNING id`, func(Row) {})
	})
	if err == nil {
		t.Error("a statement that no crash would leave a trace of")
	}
	if list := ids(t, d); list != "" {
		t.Errorf("%q", list)
	}
}

// Who goes away while waiting for the writer leaves everything as it was.
func TestWriterThatWaitsInVain(t *testing.T) {
	d := openHere(t, true)
	durable := begun(t, d, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.Still(func() {
		if err := d.Write(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if err := d.Read(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	if n := d.Kept(); n != 1 {
		t.Errorf("%d batches", n)
	}
	if err := durable(); err != nil || afterCrash(t, d) != "a" {
		t.Errorf("%v", err)
	}
}
