package numbered_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/numbered"
)

// A search counts, looks and stops where its reach ends, and says so.
func TestSearchReachesSoFar(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids := g.grow("a", 30) // red are 30, 27, ... 3
		g.rake(map[string][]int64{"a": {1, 2, 3, 4, 5}})
		for _, r := range []struct {
			what   string
			search looking
			span   numbered.Span
			want   []int64
			total  int64
			capped bool
			next   int
			looks  []int64
		}{
			{"everything", looking{numbered.Reach{Counted: 100, Looked: 100}, 50, "red", nil}, numbered.Span{Limit: 3},
				[]int64{30, 27, 24}, 9, false, 0, []int64{30}},
			{"an offset", looking{numbered.Reach{Counted: 100, Looked: 100}, 10, "red", nil}, numbered.Span{Limit: 3, Offset: 7},
				[]int64{9, 6}, 9, false, 0, []int64{30, 20, 10}},
			{"an offset behind the end", looking{numbered.Reach{Counted: 100, Looked: 100}, 50, "red", nil}, numbered.Span{Limit: 3, Offset: 12},
				nil, 9, false, 0, []int64{30}},
			{"as many as are counted", looking{numbered.Reach{Counted: 9, Looked: 100}, 10, "red", nil}, numbered.Span{Limit: 2, Offset: 8},
				[]int64{6}, 9, false, 0, []int64{30, 20, 10}},
			{"more than are counted", looking{numbered.Reach{Counted: 4, Looked: 100}, 5, "red", nil}, numbered.Span{Limit: 2, Offset: 3},
				[]int64{21, 18}, 4, true, 0, []int64{30, 25, 20}},
			{"more than are counted, to the end", looking{numbered.Reach{Counted: 4, Looked: 100}, 50, "red", nil}, numbered.Span{Limit: 2, Offset: 3},
				[]int64{21, 18}, 4, true, 0, []int64{30}},
			{"further than is looked", looking{numbered.Reach{Counted: 100, Looked: 8}, 4, "red", nil}, numbered.Span{Limit: 5},
				[]int64{30, 27, 24}, 3, true, 23, []int64{30, 26}},
			{"as far as is looked, and no further", looking{numbered.Reach{Counted: 100, Looked: 8}, 50, "red", nil}, numbered.Span{Limit: 3},
				[]int64{30, 27, 24}, 3, true, 0, []int64{30}},
			{"going on", looking{numbered.Reach{Counted: 100, Looked: 8}, 4, "red", nil}, numbered.Span{Limit: 2, Offset: 9, Before: ids[23]},
				[]int64{21, 18}, 3, true, 0, []int64{30, 26, 22, 18}},
			{"going on to the end", looking{numbered.Reach{Counted: 100, Looked: 8}, 4, "red", nil}, numbered.Span{Limit: 9, Before: ids[10]},
				[]int64{9, 6}, 3, true, 0, []int64{30, 26, 9, 5}},
			{"going on in vain", looking{numbered.Reach{Counted: 100, Looked: 8}, 4, "blue", nil}, numbered.Span{Limit: 9, Before: ids[20]},
				nil, 0, true, 12, []int64{30, 26, 19, 15}},
			{"none at all", looking{numbered.Reach{Counted: 100, Looked: 100}, 50, "blue", nil}, numbered.Span{Limit: 9},
				nil, 0, false, 0, []int64{30}},
		} {
			p, err := g.some("a", r.span, &r.search)
			if got := numbersOf(ids, p); err != nil || !slices.Equal(got, r.want) || p.Rows == nil || p.Total != r.total || p.Capped != r.capped || p.Next != ids[r.next] || !slices.Equal(r.search.looks, r.looks) {
				t.Errorf("%s: %v of %d, capped %v, next %d, looked from %v; %v\nnot %v of %d, %v, %d, %v", r.what, got, p.Total, p.Capped, slices.Index(ids, p.Next), r.search.looks, err,
					r.want, r.total, r.capped, r.next, r.looks)
			}
		}
	})
}

// Going on with Next, or with the last row of a full page, finds each match once,
// whatever the reach.
func TestGoingOnFindsAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids := g.grow("a", 40)
		want := slices.DeleteFunc(down(40, 1), func(n int64) bool { return n%3 != 0 })
		for _, reach := range []numbered.Reach{{Counted: 100, Looked: 100}, {Counted: 100, Looked: 7}, {Counted: 2, Looked: 12}, {Counted: 1, Looked: 1}} {
			for _, step := range []int64{1, 3, 5, 50} {
				var got []int64
				before := ""
				for range 100 {
					p, err := g.some("a", numbered.Span{Limit: 3, Before: before}, &looking{reach: reach, step: step, kind: "red"})
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, numbersOf(ids, p)...)
					if before = p.Next; len(p.Rows) == 3 {
						before = p.Rows[2].ID
					}
					if before == "" {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+v in steps of %d: %v", reach, step, got)
				}
			}
		}
	})
}

func TestSearchFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := plant(t, d)
		ids := g.grow("a", 5)
		broken := errors.New("broken")
		for fails := range 2 {
			looks := 0
			err := d.Read(context.Background(), func(tx *db.Tx) error {
				r, err := leaves.Of(tx, "a")
				if err != nil {
					return err
				}
				_, err = r.Some(numbered.Span{Limit: 1, Before: ids[4]}, numbered.Search{Reach: numbered.UsualReach, Step: 10, Look: func(int64, int64) (seen numbered.Seen, err error) {
					if looks == fails {
						err = broken
					}
					looks++
					return seen, err
				}})
				return err
			})
			if !errors.Is(err, broken) || looks != fails+1 {
				t.Errorf("look %d: %v", looks, err)
			}
		}
	})
}
