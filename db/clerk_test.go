package db_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"aviso/db"
)

// tally is a book of counters. Each change of one leaves a mark, so that what
// was applied twice, or not at all, can be seen.
type tally struct {
	wanted map[string]int64
	marks  []any
	order  []string // ids of the requests, as they were decided
	asked  int
	sizes  []int               // requests of each try at a batch
	again  func() (sql string) // one more statement to apply
}

var (
	loadCounters  = db.NewMany(`SELECT id, n FROM counters WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	writeCounters = db.NewMany(`WITH v(id, n) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}}) UPDATE counters SET n = v.n FROM v WHERE counters.id = v.id`)
	writeMarks    = db.NewMany(`INSERT INTO marks (id, counter) VALUES {{($1, $2)}}`)
)

func (b *tally) sorted() []string {
	var ids []string
	for id := range b.wanted {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (b *tally) Load(p *db.Pipeline) {
	b.sizes = append(b.sizes, b.asked)
	var args []any
	for _, id := range b.sorted() {
		args = append(args, id)
	}
	p.Query(loadCounters, args, func(r db.Row) { b.wanted[r.Text(0)] = r.Int(1) })
}

func (b *tally) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range b.sorted() {
		args = append(args, id, b.wanted[id])
	}
	p.Exec(writeCounters, args)
	p.Exec(writeMarks, b.marks)
	if b.again != nil {
		p.QueryOnce(b.again(), nil)
	}
}

func (b *tally) Reset() { b.wanted, b.marks, b.asked = map[string]int64{}, nil, 0 }

// add is a request to add to a counter, of which there must be one with that
// name, and never to take it below zero.
type add struct {
	book    *tally
	id      string // unique, or the database refuses it
	counter string
	by      int64
	weight  int
	during  func() // what happens while the transaction is open
	runs    int
	after   int64 // the counter, as far as the latest run knows
}

func (w *add) Want() { w.book.asked++; w.book.wanted[w.counter] = -1 }

func (w *add) Decide(int64) {
	w.runs++
	w.book.order = append(w.book.order, w.id)
	w.after = w.book.wanted[w.counter] + w.by
	w.book.wanted[w.counter] = w.after
	w.book.marks = append(w.book.marks, w.id, w.counter)
	if w.during != nil {
		w.during()
	}
}

func (w *add) Weight() int { return w.weight }

// clerk is a running Committer with a tally.
type clerk struct {
	*db.Committer
	t    testing.TB
	db   *db.DB
	book *tally
}

// prepare makes the tables of the tally and the counters named.
func prepare(t testing.TB, d *db.DB, names ...string) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		for _, statement := range []string{counters, `CREATE TABLE marks (id TEXT PRIMARY KEY, counter TEXT NOT NULL)`} {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		for _, name := range names {
			if _, err := tx.Exec(`INSERT INTO counters (id, n) VALUES ($1, 0)`, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// engage starts a clerk who leaves with the test.
func engage(t testing.TB, d *db.DB) *clerk {
	book := &tally{}
	k := &clerk{d.NewCommitter(book), t, d, book}
	go k.Run()
	t.Cleanup(k.Close)
	return k
}

func (k *clerk) add(counter string) *add {
	return &add{book: k.book, id: db.NewID(), counter: counter, by: 1}
}

// crowd is as many requests as do not wait for the batch before.
func (k *clerk) crowd() (requests []*add) {
	for range db.Crowd {
		requests = append(requests, k.add("a"))
	}
	return requests
}

// send hands w in and does not wait for the answer.
func (k *clerk) send(p db.Priority, w *add) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- k.Do(p, w) }()
	return answer
}

// line hands requests in, one behind the other, and returns when they wait.
func (k *clerk) line(p db.Priority, requests ...*add) (answers []<-chan error) {
	for _, w := range requests {
		before := k.Waiting()
		answers = append(answers, k.send(p, w))
		for k.Waiting() == before {
			runtime.Gosched()
		}
	}
	return answers
}

// hold opens a transaction that stays open until release is called, so that
// what is handed in meanwhile is one batch.
func (k *clerk) hold(counter string) (release func()) {
	entered, left := make(chan struct{}), make(chan struct{})
	w := k.add(counter)
	w.during = sync.OnceFunc(func() { close(entered); <-left })
	answer := k.send(db.Settling, w)
	<-entered
	return func() {
		close(left)
		if err := <-answer; err != nil {
			k.t.Error(err)
		}
	}
}

// check compares a counter and its marks with what they must be.
func (k *clerk) check(counter string, want int64) {
	k.t.Helper()
	var n, marks int64
	err := k.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Row(`SELECT n, (SELECT COUNT(*) FROM marks WHERE counter = counters.id) FROM counters WHERE id = $1`, []any{counter}, &n, &marks)
	})
	if err != nil || n != want || marks != want {
		k.t.Errorf("%s is %d with %d marks instead of %d (%v)", counter, n, marks, want, err)
	}
}

// names are counters "0" to "n-1".
func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}
