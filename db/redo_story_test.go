package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"aviso/db"
)

// A batch that fails in an open transaction takes nothing with it, and leaves
// nothing of itself.
func TestFailedBatchHarmsNobody(t *testing.T) {
	for name, spoil := range map[string]struct {
		by    func(first, w *add)
		wrong func(error) bool
	}{
		"a row that is there":  {func(first, w *add) { w.id = first.id }, func(err error) bool { return !db.IsConflict(err) }},
		"a broken rule":        {func(_, w *add) { w.by = -100 }, func(err error) bool { return err == nil || db.IsConflict(err) || db.IsUnavailable(err) }},
		"a panic":              {func(_, w *add) { w.during = func() { panic("on purpose") } }, func(err error) bool { return err == nil || !strings.Contains(err.Error(), "on purpose") }},
		"more than there is":   {func(_, w *add) { w.id += strings.Repeat("x", 8<<20) }, func(err error) bool { return !db.IsUnavailable(err) }},
		"SQLite's own failure": {func(_, w *add) { w.book.again = func() string { return "no statement" } }, func(err error) bool { return err == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			d := serve(t, newURL(t))
			prepare(t, d, "a")
			limit(t, d, 1000)
			k := engage(t, d)
			first, spoiled := k.add("a"), k.add("a")
			k.do(first, k.add("a"))
			spoil.by(first, spoiled)
			if err := k.Do(db.Admitting, spoiled); spoil.wrong(err) {
				t.Errorf("%v", err)
			}
			k.book.again = nil
			(&clerk{t: t, db: openAs(t, crash(t, d), false)}).check("a", 2)
			k.do(k.add("a"))
			(&clerk{t: t, db: openAs(t, crash(t, d), true)}).check("a", 3)
			k.check("a", 3)
		})
	}
}

// A panic in a Write is its caller's, and takes the transaction back.
func TestWriteThatPanics(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"))
	func() {
		defer func() {
			if p := recover(); p != "on purpose" {
				t.Errorf("%v", p)
			}
		}()
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`UPDATE counters SET n = 100`); err != nil {
				t.Error(err)
			}
			panic("on purpose")
		})
	}()
	k.check("a", 1)
	k.do(k.add("a"))
	k.check("a", 2)
}

// A log that cannot be written costs a COMMIT and loses nothing.
func TestLogThatCannotBeWritten(t *testing.T) {
	var warnings atomic.Int64
	d, err := db.Open(t.Context(), db.Options{URL: newURL(t), Create: true, Server: true, Warn: func(error) { warnings.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	d.Patient()
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"), k.add("a"))
	unseal := d.Seal()
	k.do(k.add("a"))
	if n := d.Kept(); n != 0 {
		t.Errorf("%d batches are in a transaction that nothing else knows of", n)
	}
	(&clerk{t: t, db: openAs(t, crash(t, d), true)}).check("a", 3)

	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := k.Do(db.Admitting, k.add("a")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	(&clerk{t: t, db: openAs(t, crash(t, d), true)}).check("a", 23)

	if n := warnings.Load(); n != 1 {
		t.Errorf("%d warnings for one log", n)
	}

	unseal()
	k.do(k.add("a"))
	if n := d.Kept(); n != 1 {
		t.Errorf("the log is not used again: %d batches", n)
	}
	(&clerk{t: t, db: openAs(t, crash(t, d), true)}).check("a", 24)
	k.check("a", 24)
}

// When the log is full, or a batch is too large for any, there is a COMMIT.
func TestLogThatIsFull(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	fillers := 0
	for i, size := range []int{700 << 10, 700 << 10, 700 << 10, 3 << 20, 100, 2<<20 - 100, 700 << 10} {
		w := k.add("a")
		w.id += strings.Repeat("x", size)
		before := d.Kept()
		k.do(w)
		if after := d.Kept(); after == 0 {
			fillers++
		} else if after != before+1 {
			t.Errorf("from %d batches to %d", before, after)
		}
		(&clerk{t: t, db: openAs(t, crash(t, d), i%2 == 0)}).check("a", int64(i)+1)
	}
	if fillers != 3 {
		t.Errorf("%d batches did not fit", fillers)
	}
	k.check("a", 7)
}

// A Read sees what was answered; LookUp and Glance leave the transaction open.
func TestReadSeesWhatWasAnswered(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	glances := map[string]func() (int64, error){
		"LookUp": func() (n int64, err error) {
			return n, d.LookUp(t.Context(), `SELECT n FROM counters WHERE id = $1`, []any{"a"}, &n)
		},
		"Glance": func() (n int64, err error) {
			return n, d.Glance(t.Context(), func(tx *db.Tx) error { return tx.Row(`SELECT n FROM counters`, nil, &n) })
		},
	}
	for before := range int64(3) {
		k.do(k.add("a"))
		for name, glance := range glances {
			if n, err := glance(); err != nil || n != before {
				t.Errorf("%s: %d instead of %d (%v)", name, n, before, err)
			}
		}
		if n := d.Kept(); n != 1 {
			t.Errorf("%d batches", n)
		}
		k.check("a", before+1)
		for name, glance := range glances {
			if n, err := glance(); err != nil || n != before+1 {
				t.Errorf("%s after a Read: %d instead of %d (%v)", name, n, before+1, err)
			}
		}
	}
}

// Others see what was answered before long, without asking.
func TestTransactionsEnd(t *testing.T) {
	d := openAs(t, newURL(t), true)
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"))
	for n := int64(0); n == 0; runtime.Gosched() {
		if err := d.LookUp(t.Context(), `SELECT n FROM counters`, nil, &n); err != nil {
			t.Fatal(err)
		}
	}
}

// A command writes while a server is at work, and reads what it has answered.
func TestCommandBesideAServer(t *testing.T) {
	url := newURL(t)
	d := openAs(t, url, true)
	prepare(t, d, "a")
	k, stop := engageKeeper(t, d), make(chan struct{})
	command := openAs(t, url, false)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := k.Do(db.Admitting, k.bump("a")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 10 {
		id := db.NewID()
		write(t, command, `UPDATE counters SET n = n + 1`)
		write(t, command, `INSERT INTO marks (id, counter) VALUES ($1, 'a')`, id)
		if n := number(t, d, `SELECT COUNT(*) FROM marks WHERE id = $1`, id); n != 1 {
			t.Errorf("the server does not see write %d", i)
		}
	}
	close(stop)
	callers.Wait()
	n := number(t, d, `SELECT COUNT(*) FROM marks`)
	(&clerk{t: t, db: d}).check("a", n)
	(&clerk{t: t, db: command}).check("a", n)
}

// A command that was there before the server died finds what it has answered.
func TestCommandAfterAServer(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	url := crash(t, d)
	command := openAs(t, url, false)
	k := engage(t, d)
	k.do(k.add("a"), k.add("a"))
	if err := d.CopyLog(pathOf(url)); err != nil { // as if that server had written it
		t.Fatal(err)
	}
	write(t, command, `UPDATE counters SET n = n + 10`)
	if n := number(t, command, `SELECT n FROM counters`); n != 12 {
		t.Errorf("%d", n)
	}
	k = engage(t, openAs(t, url, true))
	k.do(k.add("a"))
	if n := number(t, k.db, `SELECT n FROM counters`); n != 13 {
		t.Errorf("%d with a server again", n)
	}
}

// Two servers at one file are a mistake that costs nothing.
func TestTwoServers(t *testing.T) {
	url := newURL(t)
	d := openAs(t, url, true)
	prepare(t, d, "a")
	servers := []*keeperClerk{engageKeeper(t, d), engageKeeper(t, openAs(t, url, true))}
	var all sync.WaitGroup
	const each = 30
	for i := range 6 {
		all.Go(func() {
			k := servers[i%2]
			for range each {
				if err := k.Do(db.Admitting, k.bump("a")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, k := range servers {
		(&clerk{t: t, db: openAs(t, crash(t, k.db), true)}).check("a", 6*each)
	}
	for _, k := range servers {
		number(t, k.db, `SELECT 1`) // which shows the other what this one has answered
	}
	(&clerk{t: t, db: d}).check("a", 6*each)
}

// Close ends every connection, also those that have lost their transaction:
// SQLite removes its log with the last.
func TestCloseClosesAll(t *testing.T) {
	url := newURL(t)
	d := serve(t, url)
	prepare(t, d, "a")
	k := engage(t, d)
	for range 3 {
		k.do(k.add("a"))
		spoiled := k.add("a")
		spoiled.during = func() { panic("on purpose") }
		if k.Do(db.Admitting, spoiled) == nil {
			t.Error("no panic")
		}
		mind := errors.New("another mind")
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec("ROLLBACK") // as SQLite does for a caller who goes away
			return errors.Join(mind, err)
		})
		if !errors.Is(err, mind) {
			t.Errorf("%v", err)
		}
	}
	k.do(k.add("a"))
	crashed := crash(t, d)
	k.Close()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(pathOf(url) + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a connection is left: %v", err)
	}
	left := openAs(t, crashed, false)
	(&clerk{t: t, db: left}).check("a", 4)
	if err := left.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(pathOf(crashed) + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a command leaves a connection: %v", err)
	}
}
