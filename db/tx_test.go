package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// counters is the table of these tests, beside the house's own.
const counters = `CREATE TABLE counters (id TEXT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0))`

func TestReadCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		for _, statement := range []string{
			`INSERT INTO counters (id, n) VALUES ('a', 1)`,
			`DELETE FROM counters`,
			`CREATE TABLE other (id TEXT)`,
		} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement)
				return err
			})
			if err == nil {
				t.Errorf("Read let %s through", statement)
			}
		}
		if n := number(t, d, `SELECT COUNT(*) FROM counters`); n != 0 {
			t.Errorf("%d rows", n)
		}
		write(t, d, `INSERT INTO counters (id, n) VALUES ('a', 1)`) // the connection is none the worse
	})
}

// A Read sees one moment, however long it takes.
func TestReadIsOneSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			for range 2 {
				var n int64
				if err := tx.Row(`SELECT COUNT(*) FROM counters`, nil, &n); err != nil || n != 0 {
					return fmt.Errorf("%d rows, %v", n, err)
				}
				write(t, d, `INSERT INTO counters (id, n) VALUES ($1, 1)`, db.NewID())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if n := number(t, d, `SELECT COUNT(*) FROM counters`); n != 2 {
			t.Errorf("%d rows afterwards", n)
		}
	})
}

func TestWriteIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		mind := errors.New("another mind")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if n, err := tx.Exec(`INSERT INTO counters (id, n) VALUES ('a', 1), ('b', 2)`); err != nil || n != 2 {
				t.Errorf("%d rows, %v", n, err)
			}
			return mind
		})
		if !errors.Is(err, mind) {
			t.Errorf("%v", err)
		}
		if n := number(t, d, `SELECT COUNT(*) FROM counters`); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// Any number of rows goes in once, and any number can be asked for.
func TestEachTakesAnyNumberOfRows(t *testing.T) {
	insert := db.NewMany(`INSERT INTO counters (id, n) VALUES {{($1, $2)}}`)
	find := db.NewMany(`SELECT id, n FROM counters WHERE id IN ({{$1}})`)
	update := db.NewMany(`WITH v(id, n) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}}) UPDATE counters SET n = v.n FROM v WHERE counters.id = v.id`)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		for _, rows := range []int{0, 1, 2, 3, 5, 7, 13, 63, 64, 65, 127, 129, 200} {
			var ids, inserted, updated []any
			for i := range rows {
				id := fmt.Sprintf("%03d of %03d", i, rows)
				ids = append(ids, id)
				inserted = append(inserted, id, 1)
				updated = append(updated, id, 1000+i)
			}
			var got []any
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				return errors.Join(tx.Each(insert, inserted, nil), tx.Each(update, updated, nil),
					tx.Each(find, ids, func(scan func(...any) error) error {
						var id string
						var n int
						err := scan(&id, &n)
						got = append(got, id, n)
						return err
					}))
			})
			if err != nil {
				t.Fatal(err)
			}
			sortPairs(got)
			if !slices.Equal(got, updated) {
				t.Errorf("%d rows: %v", rows, got)
			}
		}
	})
}

// sortPairs orders id, n, id, n by id.
func sortPairs(list []any) {
	pairs := slices.Collect(slices.Chunk(slices.Clone(list), 2))
	slices.SortFunc(pairs, func(x, y []any) int { return strings.Compare(x[0].(string), y[0].(string)) })
	for i, p := range pairs {
		copy(list[2*i:], p)
	}
}

// Each passes the caller's error on, and that of the statement.
func TestEachStopsAtAnError(t *testing.T) {
	find := db.NewMany(`SELECT id FROM counters WHERE id IN ({{$1}})`)
	wrong := db.NewMany(`SELECT nothing FROM counters WHERE id IN ({{$1}})`)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, counters)
		write(t, d, `INSERT INTO counters (id, n) VALUES ('a', 1), ('b', 2)`)
		enough := errors.New("enough")
		calls := 0
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(find, []any{"a", "b"}, func(func(...any) error) error { calls++; return enough })
		})
		if !errors.Is(err, enough) || calls != 1 {
			t.Errorf("%v after %d calls", err, calls)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(wrong, []any{"a"}, func(func(...any) error) error { t.Error("a row"); return nil })
		})
		if err == nil {
			t.Error("a wrong statement has no error")
		}
	})
}

// Time is the database's unless a test sets it.
func TestNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := func() (now int64) {
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) { now, err = tx.Now(); return err })
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		first := now()
		if second := now(); first < 1_700_000_000_000 || second < first {
			t.Errorf("%d, then %d", first, second)
		}
		d.SetClock(func() int64 { return 86_400_000 * 3 })
		if got, day := now(), d.Day(); got != 86_400_000*3 || day != 3 {
			t.Errorf("%d on day %d", got, day)
		}
	})
}
