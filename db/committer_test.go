package db_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// Many callers at once: each request is applied once, in far fewer
// transactions than requests, and is durable when its Do returns.
func TestCommitterAppliesAllOnce(t *testing.T) {
	const callers, each, kinds = 32, 20, 4
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, names(kinds)...)
		k := engage(t, d)
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for i := range each {
					w := k.add(fmt.Sprint((c + i) % kinds))
					if err := k.Do(db.Admitting, w); err != nil {
						t.Error(err)
						return
					}
					var n int64
					err := d.Read(t.Context(), func(tx *db.Tx) error {
						return tx.Row(`SELECT n FROM counters WHERE id = $1`, []any{w.counter}, &n)
					})
					if err != nil || n < w.after {
						t.Errorf("answered before it was there: %d of %d, %v", n, w.after, err)
					}
				}
			})
		}
		all.Wait()
		for _, name := range names(kinds) {
			k.check(name, callers*each/kinds)
		}
		k.Close()
		if batches := len(k.book.sizes); batches > callers*each/2 {
			t.Errorf("%d batches for %d requests", batches, callers*each)
		}
	})
}

// What waits is one batch, up to a number of requests and of bytes.
func TestCommitterBatches(t *testing.T) {
	for _, c := range []struct {
		name             string
		requests, weight int
		want             []int
	}{
		{"small ones", 300, 100, []int{1, 256, 44}},
		{"large ones", 5, 512 << 10, []int{1, 2, 2, 1}},
		{"one larger than a batch", 2, 3 << 20, []int{1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				prepare(t, d, "a")
				k := engage(t, d)
				release := k.hold("a")
				var requests []*add
				for range c.requests {
					w := k.add("a")
					w.weight = c.weight
					requests = append(requests, w)
				}
				answers := k.line(db.Admitting, requests...)
				release()
				for _, a := range answers {
					if err := <-a; err != nil {
						t.Error(err)
					}
				}
				k.check("a", int64(c.requests)+1)
				k.Close()
				if !slices.Equal(k.book.sizes, c.want) {
					t.Errorf("batches of %v", k.book.sizes)
				}
			})
		})
	}
}

// What frees something is decided before what takes something; equals are
// decided in the order in which they came.
func TestCommitterOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a")
		k := engage(t, d)
		release := k.hold("a")
		var answers []<-chan error
		for _, id := range []string{"3 first", "2 first", "0 first", "3 second", "1 first", "0 second", "2 second"} {
			w := k.add("a")
			w.id = id
			answers = append(answers, k.line(db.Priority(id[0]-'0'), w)...)
		}
		release()
		for _, a := range answers {
			if err := <-a; err != nil {
				t.Error(err)
			}
		}
		k.Close()
		if got := k.book.order[1:]; !slices.IsSorted(got) || len(got) != 7 {
			t.Errorf("%v", got)
		}
	})
}

// A request that the database refuses gets the error; those beside it are
// applied as if it had never come.
func TestPoisonHarmsOnlyItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a", "b")
		k := engage(t, d)
		first := k.add("a")
		if err := k.Do(db.Admitting, first); err != nil {
			t.Fatal(err)
		}
		release := k.hold("a")
		var requests []*add
		for range 40 {
			requests = append(requests, k.add("a"))
		}
		twice, broke := requests[7], requests[31]
		twice.id = first.id                 // its mark is there already
		broke.counter, broke.by = "b", -100 // the CHECK
		answers := k.line(db.Admitting, requests...)
		release()
		for i, w := range requests {
			switch err := <-answers[i]; {
			case w == twice && !db.IsConflict(err):
				t.Errorf("used twice: %v", err)
			case w == broke && (err == nil || db.IsConflict(err) || db.IsUnavailable(err)):
				t.Errorf("below zero: %v", err)
			case w != twice && w != broke && err != nil:
				t.Errorf("an innocent one: %v", err)
			}
		}
		k.check("a", 40)
		k.check("b", 0)
	})
}

// A panic is the error of the request that panics. Those who share its batch are
// answered as if it had never come.
func TestPanicHarmsOnlyItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a")
		k := engage(t, d)
		release := k.hold("a")
		requests := []*add{k.add("a"), k.add("a"), k.add("a"), k.add("a"), k.add("a")}
		requests[3].during = func() { panic("on purpose") }
		answers := k.line(db.Admitting, requests...)
		release()
		for i, a := range answers {
			if err := <-a; (err != nil) != (i == 3) {
				t.Errorf("request %d: %v", i, err)
			}
		}
		k.check("a", 5)
	})
}

// A batch that the server wants again is decided again, from the start, and
// applied once.
func TestCommitterTriesAgain(t *testing.T) {
	for code, failures := range map[string]int{"40001": 2, "40P01": 1} {
		t.Run(code, func(t *testing.T) {
			onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
				prepare(t, d, "a")
				k := engage(t, d)
				left := failures
				k.book.again = func() string {
					if left == 0 {
						return "SELECT 1"
					}
					left--
					return `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '` + code + `'; END $$`
				}
				w := k.add("a")
				if err := k.Do(db.Admitting, w); err != nil {
					t.Fatal(err)
				}
				k.check("a", 1)
				if w.runs != failures+1 || w.after != 1 || len(k.book.sizes) != failures+1 {
					t.Errorf("%d runs to %d in %d tries", w.runs, w.after, len(k.book.sizes))
				}
			})
		})
	}
}

// Everything handed in before Close is answered, and nothing after it.
func TestCommitterClose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a")
		k := engage(t, d)
		release := k.hold("a")
		answers := k.line(db.Admitting, k.add("a"), k.add("a"), k.add("a"))
		closed := make(chan struct{})
		go func() { k.Close(); close(closed) }()
		release()
		for _, a := range answers {
			if err := <-a; err != nil {
				t.Error(err)
			}
		}
		<-closed
		if err := k.Do(db.Settling, k.add("a")); !errors.Is(err, db.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		k.Close() // twice is as good as once
		k.check("a", 4)
	})
}

// Those who wait because a batch is being made durable are answered as well.
func TestCommitterClosesOnWhoWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a")
		k := engage(t, d)
		k.Underway(1)
		answers := k.line(db.Admitting, k.add("a"), k.add("a"), k.add("a"))
		k.Close()
		if n := k.Waiting(); n > 0 {
			t.Fatalf("%d are left waiting", n)
		}
		for _, a := range answers {
			if err := <-a; err != nil {
				t.Error(err)
			}
		}
		k.check("a", 3)
	})
}

// Nobody is answered before the batch is durable; many who come meanwhile are a
// batch of their own, and Close waits for all.
func TestCommitterAnswersWhatIsDurable(t *testing.T) {
	d := serve(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	prepare(t, d, "a")
	k := engage(t, d)
	gate := k.Delay()
	first := k.send(db.Admitting, k.add("a"))
	select {
	case <-gate.Ran:
	case err := <-first:
		t.Fatalf("answered before it was durable (%v)", err)
	}
	crowd := k.crowd()
	answers := []<-chan error{first}
	for _, w := range crowd {
		answers = append(answers, k.send(db.Admitting, w))
	}
	<-gate.Ran // the second batch, while the first is not durable
	if left := openAs(t, crash(t, d), false); len(marksOf(t, left)) > 0 {
		t.Error("a batch that nobody has made durable is there")
	}
	if n := d.Kept(); n < 2 {
		t.Errorf("%d batches have run", n)
	}
	for i, a := range answers {
		if len(a) > 0 {
			t.Errorf("request %d was answered before it was durable", i)
		}
	}
	gate.Open()
	k.Close()
	if n := gate.Passed(); n < 2 {
		t.Errorf("Close has waited for %d batches", n)
	}
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	k.check("a", int64(len(crowd))+1)
}

// Callers and Close may come in the same moment: each gets an answer, and
// nil means that it was applied.
func TestCommitterClosesUnderLoad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d, "a")
		var applied int64
		for range 100 {
			k := engage(t, d)
			start := make(chan struct{})
			var answers []<-chan error
			for range 8 {
				answer, w := make(chan error, 1), k.add("a")
				answers = append(answers, answer)
				go func() { <-start; answer <- k.Do(db.Admitting, w) }()
			}
			close(start)
			k.Close()
			for _, a := range answers {
				if err := <-a; err == nil {
					applied++
				} else if !errors.Is(err, db.ErrClosed) {
					t.Error(err)
				}
			}
		}
		engage(t, d).check("a", applied)
	})
}
