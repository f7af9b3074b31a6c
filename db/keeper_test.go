package db_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"aviso/db"
)

// memory is a tally that keeps what it knows.
type memory struct {
	rows   db.Facts[string, int64]
	asked  map[string]bool
	marks  []any
	loaded int // rows, ever
}

func (b *memory) Load(p *db.Pipeline) {
	var args []any
	for _, id := range b.rows.Missing(strings.Compare) {
		args = append(args, id)
	}
	b.loaded += len(args)
	p.Query(loadCounters, args, func(r db.Row) { *b.rows.Get(r.Text(0)) = r.Int(1) })
}

func (b *memory) Apply(p *db.Pipeline) {
	var args []any
	for _, id := range slices.Sorted(maps.Keys(b.asked)) {
		args = append(args, id, *b.rows.Get(id))
	}
	p.Exec(writeCounters, args)
	p.Exec(writeMarks, b.marks)
}

func (b *memory) Keep() {
	b.rows.Keep()
	b.asked, b.marks = map[string]bool{}, nil
}

func (b *memory) Reset() {
	b.rows.Reset()
	b.asked, b.marks = map[string]bool{}, nil
}

// bump is an add for a memory.
type bump struct {
	book        *memory
	id, counter string
	after       int64
}

func (w *bump) Want() { w.book.rows.Want(w.counter); w.book.asked[w.counter] = true }

func (w *bump) Decide(int64) {
	row := w.book.rows.Get(w.counter)
	*row++
	w.after = *row
	w.book.marks = append(w.book.marks, w.id, w.counter)
}

func (w *bump) Weight() int { return 0 }

// keeperClerk is a running Committer with a memory.
type keeperClerk struct {
	*db.Committer
	db   *db.DB
	book *memory
}

func engageKeeper(t *testing.T, d *db.DB) *keeperClerk {
	book := &memory{}
	k := &keeperClerk{d.NewCommitter(book), d, book}
	go k.Run()
	t.Cleanup(k.Close)
	return k
}

func (k *keeperClerk) bump(counter string) *bump {
	return &bump{book: k.book, id: db.NewID(), counter: counter}
}

// What a Keeper knows is loaded once, until somebody else has written.
func TestKeeper(t *testing.T) {
	for _, c := range []struct {
		name    string
		between func(t *testing.T, d *db.DB, k *keeperClerk)
		changes int64 // by how much
		loads   int
	}{
		{"nothing in between", func(*testing.T, *db.DB, *keeperClerk) {}, 0, 0},
		{"a Read", func(t *testing.T, d *db.DB, _ *keeperClerk) { number(t, d, `SELECT COUNT(*) FROM marks`) }, 0, 0},
		{"a Write", func(t *testing.T, d *db.DB, _ *keeperClerk) { write(t, d, `UPDATE counters SET n = n + 5`) }, 5, 1},
		{"a Write that fails", func(t *testing.T, d *db.DB, _ *keeperClerk) {
			mind := errors.New("another mind")
			if err := d.Write(t.Context(), func(*db.Tx) error { return mind }); err != mind {
				t.Errorf("%v", err)
			}
		}, 0, 1},
		{"a command's Write", func(t *testing.T, d *db.DB, _ *keeperClerk) {
			number(t, d, `SELECT 1`) // which lets the command at it
			write(t, open(t, "sqlite:"+d.Path()), `UPDATE counters SET n = n + 7`)
		}, 7, 1},
		{"a batch of another Committer", func(t *testing.T, d *db.DB, _ *keeperClerk) {
			other := engage(t, d)
			other.do(other.add("a"))
		}, 1, 1},
		{"a batch that fails", func(t *testing.T, _ *db.DB, k *keeperClerk) {
			first, second := k.bump("a"), k.bump("a")
			second.id = first.id
			if err := k.Do(db.Admitting, first); err != nil {
				t.Error(err)
			}
			if err := k.Do(db.Admitting, second); !db.IsConflict(err) {
				t.Errorf("%v", err)
			}
		}, 1, 4}, // at each try but the first, and afterwards
		{"another Committer's batch that fails", func(t *testing.T, d *db.DB, _ *keeperClerk) {
			other := engage(t, d)
			spoiled := other.add("a")
			spoiled.by = -1000
			if other.Do(db.Admitting, spoiled) == nil {
				t.Error("no error")
			}
		}, 0, 1},
		{"a log that cannot be written", func(t *testing.T, d *db.DB, k *keeperClerk) {
			defer d.Seal()()
			if err := k.Do(db.Admitting, k.bump("a")); err != nil {
				t.Error(err)
			}
		}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := serve(t, newURL(t))
			prepare(t, d, "a", "b")
			k := engageKeeper(t, d)
			for range 3 {
				if err := k.Do(db.Admitting, k.bump("a")); err != nil {
					t.Fatal(err)
				}
			}
			if k.book.loaded != 1 {
				t.Fatalf("loaded %d times for three batches", k.book.loaded)
			}
			c.between(t, d, k)
			w := k.bump("a")
			if err := k.Do(db.Admitting, w); err != nil {
				t.Fatal(err)
			}
			if w.after != 4+c.changes || k.book.loaded != 1+c.loads {
				t.Errorf("decided upon %d instead of %d, loaded %d times more", w.after-1, 3+c.changes, k.book.loaded-1)
			}
			if n := number(t, d, `SELECT n FROM counters WHERE id = 'a'`); n != 4+c.changes {
				t.Errorf("%d", n)
			}
		})
	}
}

// A batch that could not be made durable takes with it what the next ones know.
func TestKeeperOfABatchThatIsLost(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engageKeeper(t, d)
	if err := k.Do(db.Admitting, k.bump("a")); err != nil {
		t.Fatal(err)
	}
	gate, lost := k.Delay(), make(chan error, 1)
	go func() { lost <- k.Do(db.Admitting, k.bump("a")) }()
	<-gate.Ran
	unseal := d.Seal()
	d.Raw(`ROLLBACK`)
	gate.Open()
	if err := <-lost; err == nil {
		t.Error("durable nowhere")
	}
	unseal()
	w := k.bump("a")
	if err := k.Do(db.Admitting, w); err != nil || w.after != 2 {
		t.Errorf("decided upon %d: %v", w.after-1, err)
	}
	(&clerk{t: t, db: d}).check("a", 2)
}

// Where others may write at any time, nothing is kept.
func TestKeeperWithoutALog(t *testing.T) {
	d := open(t, newURL(t))
	prepare(t, d, "a")
	k := engageKeeper(t, d)
	for range 3 {
		if err := k.Do(db.Admitting, k.bump("a")); err != nil {
			t.Fatal(err)
		}
	}
	if k.book.loaded != 3 {
		t.Errorf("loaded %d times", k.book.loaded)
	}
}
