package db_test

import (
	"path/filepath"
	"sync"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// Without its database a Committer answers that it is gone, and goes on as
// soon as it is back.
func TestCommitterWithoutItsDatabase(t *testing.T) {
	onPostgres(t, func(t *testing.T, direct *db.DB, url string) {
		prepare(t, direct, "a")
		l := connect(t, url)
		d := open(t, l.url)
		k := engage(t, d)
		for round := range int64(3) {
			if err := k.Do(db.Admitting, k.add("a")); err != nil {
				t.Errorf("with it: %v", err)
			}
			l.down()
			for range 3 {
				if err := k.Do(db.Admitting, k.add("a")); !db.IsUnavailable(err) {
					t.Errorf("without it: %v", err)
				}
				if err := d.Read(t.Context(), func(*db.Tx) error { return nil }); !db.IsUnavailable(err) {
					t.Errorf("reading without it: %v", err)
				}
				if err := d.Ping(t.Context()); !db.IsUnavailable(err) {
					t.Errorf("asking it: %v", err)
				}
			}
			l.state.Store(up)
			k.check("a", round+1)
		}
	})
}

// It goes while a batch is open, and nobody can look what became of it.
func TestDatabaseGoesInMidBatch(t *testing.T) {
	onPostgres(t, func(t *testing.T, direct *db.DB, url string) {
		prepare(t, direct, "a")
		l := connect(t, url)
		k := engage(t, open(t, l.url))
		w := k.add("a")
		w.during = l.down
		if err := k.Do(db.Admitting, w); !db.IsUnavailable(err) {
			t.Errorf("%v", err)
		}
		l.state.Store(up)
		w = k.add("a")
		if err := k.Do(db.Admitting, w); err != nil || w.after != 1 {
			t.Errorf("the next one makes it %d: %v", w.after, err)
		}
		(&clerk{t: t, db: direct}).check("a", 1)
	})
}

// The server sends everybody away, as it does when it restarts.
func TestAllConnectionsTerminated(t *testing.T) {
	onPostgres(t, func(t *testing.T, operator *db.DB, url string) {
		prepare(t, operator, "a")
		d := open(t, url)
		k := engage(t, d)
		var readers sync.WaitGroup
		inside, leave := make(chan struct{}), make(chan struct{})
		for range 3 { // connections that lie idle afterwards
			readers.Go(func() {
				d.Read(t.Context(), func(*db.Tx) error { inside <- struct{}{}; <-leave; return nil })
			})
		}
		for range 3 {
			<-inside
		}
		close(leave)
		readers.Wait()
		if err := k.Do(db.Admitting, k.add("a")); err != nil {
			t.Fatal(err)
		}
		write(t, operator, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		applied := int64(1)
		for range 10 {
			if err := k.Do(db.Admitting, k.add("a")); err == nil {
				applied++
			} else if !db.IsUnavailable(err) {
				t.Error(err)
			}
		}
		if applied < 5 {
			t.Errorf("only %d calls got through", applied)
		}
		(&clerk{t: t, db: operator}).check("a", applied)
	})
}

// A full disk is an error to those who wanted to write then, and to nobody
// afterwards.
func TestCommitterOnAFullDisk(t *testing.T) {
	d := open(t, "sqlite:"+filepath.Join(t.TempDir(), "full.db"))
	prepare(t, d, "a")
	k := engage(t, d)
	large := func() *add {
		w := k.add("a")
		w.id += string(make([]byte, 1<<20))
		return w
	}
	limit(t, d, 10)
	if err := k.Do(db.Admitting, large()); !db.IsUnavailable(err) {
		t.Errorf("%v", err)
	}
	limit(t, d, 10_000)
	if err := k.Do(db.Admitting, large()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	k.check("a", 1)
}

// Two nodes work on the same rows: no update is lost, and since both take
// their locks in the same order, none has to be tried again.
func TestTwoCommitters(t *testing.T) {
	const callers, each, kinds = 12, 20, 3
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := open(t, url)
		prepare(t, d, names(kinds)...)
		var all sync.WaitGroup
		for range 2 {
			k := engage(t, open(t, url))
			for c := range callers {
				all.Go(func() {
					for i := range each {
						w := k.add(names(kinds)[(c+i)%kinds])
						if err := k.Do(db.Admitting, w); err != nil || w.runs != 1 {
							t.Errorf("%d runs, %v", w.runs, err)
						}
					}
				})
			}
		}
		all.Wait()
		for _, name := range names(kinds) {
			(&clerk{t: t, db: d}).check(name, 2*callers*each/kinds)
		}
	})
}
