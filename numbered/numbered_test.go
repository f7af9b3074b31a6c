package numbered_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/numbered"
)

// leaf is a row of a made-up list.
type leaf struct {
	ID, Kind, Tree string
}

var leaves = numbered.New(numbered.Table[leaf]{
	Name: "leaves", Accounts: "gardens",
	Columns: `m.id, m.kind, COALESCE(t.name, '')`, Joined: `LEFT JOIN trees t ON t.id = m.tree`,
	Fields: func(l *leaf) []any { return []any{&l.ID, &l.Kind, &l.Tree} },
	IsOf:   "a leaf in this garden",
})

// grove is a database with lists of leaves.
type grove struct {
	*testing.T
	db *db.DB
}

func plant(t *testing.T, d *db.DB) *grove {
	g := &grove{t, d}
	g.write(func(tx *db.Tx) error {
		for _, statement := range []string{
			`CREATE TABLE leaves (id TEXT PRIMARY KEY, account_id TEXT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL, tree TEXT NOT NULL)`,
			`CREATE UNIQUE INDEX leaves_of_account ON leaves (account_id, number)`,
			`CREATE TABLE trees (id TEXT PRIMARY KEY, name TEXT NOT NULL)`,
			`CREATE TABLE gardens (account_id TEXT PRIMARY KEY, messages BIGINT NOT NULL, removed BIGINT NOT NULL DEFAULT 0, kept_from BIGINT NOT NULL DEFAULT 1)`,
			`INSERT INTO trees (id, name) VALUES ('o', 'oak')`,
		} {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	return g
}

func (g *grove) write(f func(*db.Tx) error) {
	g.Helper()
	if err := g.db.Write(context.Background(), f); err != nil {
		g.Fatal(err)
	}
}

func (g *grove) read(account string, f func(*db.Tx, *numbered.Reader[leaf]) error) error {
	return g.db.Read(context.Background(), func(tx *db.Tx) error {
		r, err := leaves.Of(tx, account)
		if err != nil {
			return err
		}
		return f(tx, r)
	})
}

// grow gives an account leaves from 1 to n and returns their ids by number. Ids
// are in no order; each third leaf is red, the others green; even ones are the
// oak's.
func (g *grove) grow(account string, n int64) []string {
	g.Helper()
	ids := []string{""}
	g.write(func(tx *db.Tx) error {
		for i := int64(1); i <= n; i++ {
			kind, tree := "green", ""
			if i%3 == 0 {
				kind = "red"
			}
			if i%2 == 0 {
				tree = "o"
			}
			id := fmt.Sprintf("%08d", i*7%1009) + db.NewID()[8:]
			ids = append(ids, id)
			if _, err := tx.Exec(`INSERT INTO leaves (id, account_id, number, kind, tree) VALUES ($1, $2, $3, $4, $5)`, id, account, i, kind, tree); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO gardens (account_id, messages) VALUES ($1, $2)`, account, n)
		return err
	})
	return ids
}

// rake removes leaves as retention does.
func (g *grove) rake(gone map[string][]int64) {
	g.Helper()
	g.write(func(tx *db.Tx) error {
		r := numbered.Removal{}
		for account, numbers := range gone {
			for _, n := range numbers {
				if _, err := tx.Exec(`DELETE FROM leaves WHERE account_id = $1 AND number = $2`, account, n); err != nil {
					return err
				}
				r.Add(account, n)
			}
		}
		return leaves.Note(tx, r)
	})
}

func (g *grove) all(account string, span numbered.Span) (p numbered.Page[leaf], err error) {
	return p, g.read(account, func(_ *db.Tx, r *numbered.Reader[leaf]) (err error) {
		p, err = r.All(span)
		return err
	})
}

// looking is a search for leaves of one kind, and what it was asked.
type looking struct {
	reach numbered.Reach
	step  int64
	kind  string
	looks []int64 // the tops
}

func (g *grove) some(account string, span numbered.Span, l *looking) (p numbered.Page[leaf], err error) {
	return p, g.read(account, func(tx *db.Tx, r *numbered.Reader[leaf]) (err error) {
		look := func(top, most int64) (seen numbered.Seen, err error) {
			l.looks = append(l.looks, top)
			return seen, tx.Rows(`SELECT number, kind FROM leaves WHERE account_id = $1 AND number <= $2 ORDER BY number DESC LIMIT $3`, []any{account, top, most},
				func(scan func(...any) error) error {
					var kind string
					err := scan(&seen.Last, &kind)
					if seen.Rows++; kind == l.kind {
						seen.Matches = append(seen.Matches, seen.Last)
					}
					return err
				})
		}
		p, err = r.Some(span, numbered.Search{Reach: l.reach, Step: l.step, Look: look})
		return err
	})
}

// numbersOf tells a page's rows by their numbers.
func numbersOf(ids []string, p numbered.Page[leaf]) []int64 {
	list := []int64{}
	for _, r := range p.Rows {
		list = append(list, int64(slices.Index(ids, r.ID)))
	}
	return list
}

// part is what a page must have of all that the list has.
func part(all []int64, offset, limit int) []int64 {
	return all[min(offset, len(all)):min(offset+limit, len(all))]
}

// down are the numbers from a number to another, but those left out.
func down(from, to int64, but ...int64) (list []int64) {
	for n := from; n >= to; n-- {
		if !slices.Contains(but, n) {
			list = append(list, n)
		}
	}
	return list
}

func refused(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.Invalid && f.Code == "INVALID_REQUEST" && f.Field == "before" &&
		f.Message == "before must be the id of a leaf in this garden."
}

// Every offset and every Before has its row, whatever retention took from the old
// end and had to leave there, and nobody else's rows are in between.
func TestAllOfAList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids, others := g.grow("a", 20), g.grow("other", 30)
		for _, r := range []struct {
			what string
			gone []int64
			left []int64
		}{
			{"as it grew", nil, down(20, 1)},
			{"after retention", []int64{1, 2, 4, 6, 7, 8}, down(20, 3, 4, 6, 7, 8)},
			{"after more of it", []int64{9, 10, 3}, down(20, 5, 6, 7, 8, 9, 10)},
			{"when hardly any is left", down(20, 6, 6, 7, 8, 9, 10), []int64{5}},
			{"when none is left", []int64{5}, nil},
		} {
			g.rake(map[string][]int64{"a": r.gone})
			for _, limit := range []int{1, 3, 50} {
				for offset := range len(r.left) + 3 {
					p, err := g.all("a", numbered.Span{Limit: int64(limit), Offset: int64(offset)})
					if got, want := numbersOf(ids, p), part(r.left, offset, limit); err != nil || !slices.Equal(got, want) || p.Total != int64(len(r.left)) || p.Capped || p.Next != "" {
						t.Errorf("%s, %d from %d on: %v of %d, not %v; %v", r.what, limit, offset, got, p.Total, want, err)
					}
				}
				for i, n := range r.left {
					p, err := g.all("a", numbered.Span{Limit: int64(limit), Offset: 40, Before: ids[n]})
					if got, want := numbersOf(ids, p), part(r.left, i+1, limit); err != nil || !slices.Equal(got, want) || p.Total != int64(len(r.left)) {
						t.Errorf("%s, %d before %d: %v of %d, not %v; %v", r.what, limit, n, got, p.Total, want, err)
					}
				}
			}
		}
		if p, err := g.all("other", numbered.Span{Limit: 50}); err != nil || !slices.Equal(numbersOf(others, p), down(30, 1)) || p.Total != 30 {
			t.Errorf("another account's: %+v, %v", p, err)
		}
	})
}

// A row comes with what is joined to it, in both ways to read it, and more rows
// than one statement takes come in order.
func TestRowsAreWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids := g.grow("a", 300)
		whole := func(p numbered.Page[leaf], err error) []int64 {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Rows {
				n := slices.Index(ids, r.ID)
				if (r.Kind == "red") != (n%3 == 0) || (r.Tree == "oak") != (n%2 == 0) {
					t.Errorf("%d is %+v", n, r)
				}
			}
			return numbersOf(ids, p)
		}
		if got := whole(g.all("a", numbered.Span{Limit: 200, Offset: 50})); !slices.Equal(got, down(250, 51)) {
			t.Errorf("all: %v", got)
		}
		reds := slices.DeleteFunc(down(300, 1), func(n int64) bool { return n%3 != 0 })
		l := &looking{reach: numbered.UsualReach, step: 2000, kind: "red"}
		if got := whole(g.some("a", numbered.Span{Limit: 90, Offset: 5}, l)); !slices.Equal(got, reds[5:95]) {
			t.Errorf("some: %v", got)
		}
	})
}

// What is no row of the account's list is refused, and nothing is listed in its
// place; an account that never had a row has empty pages.
func TestBeforeIsOfTheList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids, others := g.grow("a", 5), g.grow("other", 5)
		g.rake(map[string][]int64{"a": {1}})
		for what, before := range map[string]string{
			"another account's": others[3], "removed": ids[1], "no id": "x", "what no database takes": "\x00", "nobody's": db.NewID(),
		} {
			span := numbered.Span{Limit: 5, Before: before}
			if p, err := g.all("a", span); !refused(err) || len(p.Rows) != 0 {
				t.Errorf("%s: %+v, %v", what, p, err)
			}
			l := &looking{reach: numbered.UsualReach, step: 10, kind: "red"}
			if p, err := g.some("a", span, l); !refused(err) || len(p.Rows) != 0 || l.looks != nil {
				t.Errorf("%s: %+v, %v", what, p, err)
			}
		}
		for offset := range int64(3) {
			span := numbered.Span{Limit: 5, Offset: offset}
			if p, err := g.all("nobody", span); err != nil || p.Rows == nil || len(p.Rows) != 0 || p.Total != 0 {
				t.Errorf("%+v, %v", p, err)
			}
			l := &looking{reach: numbered.UsualReach, step: 10, kind: "red"}
			if p, err := g.some("nobody", span, l); err != nil || p.Rows == nil || len(p.Rows) != 0 || p.Total != 0 || p.Capped || p.Next != "" {
				t.Errorf("%+v, %v", p, err)
			}
		}
	})
}

// The count of what is gone adds up over sweeps and accounts, and a sweep that
// takes older rows than the one before makes no number come back.
func TestRemovalsAddUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		g.grow("a", 20)
		g.grow("other", 20)
		g.grow("third", 20)
		g.rake(map[string][]int64{"a": {5, 9, 2}, "other": {1}})
		g.rake(map[string][]int64{"a": {3}, "other": {2, 3}})
		for account, want := range map[string]numbered.Range{
			"a": {Last: 20, Removed: 4, KeptFrom: 10}, "other": {Last: 20, Removed: 3, KeptFrom: 4}, "third": {Last: 20, KeptFrom: 1}, "nobody": {KeptFrom: 1},
		} {
			err := g.read(account, func(_ *db.Tx, r *numbered.Reader[leaf]) error {
				if r.Range != want {
					t.Errorf("%s: %+v, not %+v", account, r.Range, want)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}
