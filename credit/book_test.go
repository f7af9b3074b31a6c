package credit_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

// Many spend one balance at once, over two nodes and past the committer: the
// credits are enough for exactly as many as they are enough for.
func TestExactlyEnough(t *testing.T) {
	const credits, price, each = 100, 7, 12
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var tills []*till
		for range 2 {
			d, err := db.Open(t.Context(), db.Options{URL: url, Create: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			tills = append(tills, openTill(t, d))
		}
		d := tills[0].db
		grant(t, d, "ada", credits)
		var all sync.WaitGroup
		var paid atomic.Int64
		for i := range each {
			for n, k := range tills {
				all.Go(func() {
					enough, err := k.charge("ada", price, fmt.Sprint("node ", n, " ", i))
					if err != nil {
						t.Error(err)
					} else if enough {
						paid.Add(1)
					}
				})
			}
			all.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					_, err := credit.Post(tx, "ada", credit.Email, credit.Entry{Ref: fmt.Sprint("post ", i), Delta: -price, Reason: credit.Charged})
					return err
				})
				if err == nil {
					paid.Add(1)
				} else if !errors.Is(err, credit.ErrInsufficient) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := paid.Load(); n != credits/price {
			t.Errorf("%d were paid for", n)
		}
		sum(t, d, "ada", credits%price)
	})
}

// A charge or a refund made twice is refused, in one batch or in two, and takes
// nothing from those beside it.
func TestReferencesAreUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		grant(t, d, "ada", 100)
		k := openTill(t, d)
		var all sync.WaitGroup
		var conflicts atomic.Int64
		note := func(err error) {
			if db.IsConflict(err) {
				conflicts.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		}
		for i := range 10 {
			all.Go(func() { _, err := k.charge("ada", 1, "charge/again"); note(err) })
			all.Go(func() { note(k.refund("ada", 1, "refund/again")) })
			all.Go(func() {
				if enough, err := k.charge("ada", 2, fmt.Sprint("charge/", i)); !enough || err != nil {
					t.Errorf("an innocent one: %t, %v", enough, err)
				}
			})
		}
		all.Wait()
		if n := conflicts.Load(); n != 18 {
			t.Errorf("%d conflicts", n)
		}
		sum(t, d, "ada", 100-1+1-20)
		if _, err := k.charge("ada", 5, "refund/again"); !db.IsConflict(err) {
			t.Errorf("a refund's reference for a charge: %v", err)
		}
		sum(t, d, "ada", 80)
	})
}

func TestNothingForNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openTill(t, d)
		if enough, err := k.charge("ada", 0, "free"); !enough || err != nil {
			t.Errorf("%t, %v", enough, err)
		}
		if err := k.refund("ada", 0, "free"); err != nil {
			t.Error(err)
		}
		if enough, err := k.charge("ada", 1, "not free"); enough || err != nil {
			t.Errorf("%t, %v", enough, err)
		}
		if entries := sum(t, d, "ada", 0); len(entries) != 0 {
			t.Errorf("%+v", entries)
		}
	})
}

// What one request of a batch pays, the next no longer has; and each has its
// entry, in the order of the decisions.
func TestOneBatchOneBalance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		grant(t, d, "ada", 10)
		grant(t, d, "eve", 10)
		book := credit.NewBook()
		c := d.NewCommitter(book)
		go c.Run()
		defer c.Close()
		w := &several{}
		for _, m := range []move{
			{account: "ada", charge: 6, ref: "1"},
			{account: "ada", charge: 6, ref: "2"}, // too much
			{account: "eve", charge: 10, ref: "3"},
			{account: "ada", refund: 2, ref: "4"},
			{account: "ada", charge: 6, ref: "5"}, // enough again
		} {
			m.book, m.product = book, credit.Email
			w.moves = append(w.moves, &m)
		}
		if err := c.Do(db.Admitting, w); err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{true, false, true, true, true} {
			if w.moves[i].enough != want {
				t.Errorf("move %d: %t", i+1, w.moves[i].enough)
			}
		}
		if entries := sum(t, d, "ada", 0); len(entries) != 4 || entries[0].Ref != "5" || entries[1].Reason != credit.Refunded || entries[2].Reason != credit.Charged {
			t.Errorf("%+v", entries)
		}
		sum(t, d, "eve", 0)
	})
}

// several moves are decided in one batch for sure.
type several struct{ moves []*move }

func (w *several) Want() {
	for _, m := range w.moves {
		m.Want()
	}
}

func (w *several) Decide(now int64) {
	for _, m := range w.moves {
		m.Decide(now)
	}
}

func (w *several) Weight() int { return 0 }
