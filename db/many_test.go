package db

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestManyTexts(t *testing.T) {
	texts := func(text string, args int) (list []string) {
		NewMany(text).split(nil, make([]any, args), func(text *string, _ []any) { list = append(list, *text) })
		return list
	}
	insert := "INSERT INTO t (a, b) VALUES {{($1, CAST($2 AS BIGINT))}} ON CONFLICT DO NOTHING"
	if got := texts(insert, 4); len(got) != 1 || got[0] != "INSERT INTO t (a, b) VALUES ($1, CAST($2 AS BIGINT)), ($3, CAST($4 AS BIGINT)) ON CONFLICT DO NOTHING" {
		t.Errorf("two rows: %q", got)
	}
	if got := texts(insert, 0); len(got) != 0 {
		t.Errorf("no rows: %q", got)
	}
	// Five rows have no statement of their own; a list may name one twice.
	if got := texts("SELECT n FROM t WHERE id IN ({{$1}})", 5); len(got) != 1 || !strings.HasSuffix(got[0], "IN ($1, $2, $3, $4, $5, $6)") {
		t.Errorf("a list of five: %q", got)
	}
}

// Whatever the number of rows, each is handed over once and in order (a list's
// last one maybe again), a statement has as many placeholders as arguments,
// there are few statements, and the caller's memory stays as it is.
func TestManySplitsEveryNumberOfRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 12).Draw(t, "columns")
		rows := rapid.IntRange(0, 600).Draw(t, "rows")
		fixed := []any{"first", "second"}[:rapid.IntRange(0, 2).Draw(t, "fixed")]
		m, list := drawMany(t, len(fixed), columns)
		memory := make([]any, (rows+64)*columns)
		for i := range memory {
			memory[i] = i
		}
		args := memory[:rows*columns]
		next, statements := 0, 0
		m.split(fixed, args, func(text *string, got []any) {
			statements++
			if last := fmt.Sprintf("$%d)", len(got)); strings.Count(*text, "$") != len(got) || !strings.HasSuffix(*text, last) {
				t.Fatalf("%d arguments for %s", len(got), *text)
			}
			if !slices.Equal(got[:len(fixed)], fixed) {
				t.Fatalf("begins with %v", got[:len(fixed)])
			}
			for i, a := range got[len(fixed):] {
				want := next
				if list && next >= len(args) {
					want = len(args) - columns + i%columns
				}
				if a != want {
					t.Fatalf("argument %v instead of %d", a, want)
				}
				next++
			}
		})
		if next < len(args) || !list && next > len(args) || statements > rows/64+4 || list && statements > rows/64+1 {
			t.Fatalf("%d of %d arguments in %d statements", next, len(args), statements)
		}
		for i, a := range memory {
			if a != i {
				t.Fatalf("what lay behind the arguments was overwritten at %d", i-len(args))
			}
		}
	})
}

// drawMany makes a statement with so many placeholders before and in its row.
func drawMany(t *rapid.T, fixed, columns int) (m *Many, list bool) {
	placeholders := make([]string, fixed+columns)
	for i := range placeholders {
		placeholders[i] = fmt.Sprintf("$%d", i+1)
	}
	head := "UPDATE t SET n = f(" + strings.Join(placeholders[:fixed], ", ") + ") WHERE id "
	if list = rapid.Bool().Draw(t, "list"); list {
		head += "IN (VALUES "
	} else {
		head += "VALUES "
	}
	return NewMany(head + "{{(" + strings.Join(placeholders[fixed:], ", ") + ")}}"), list
}

// Each of these would lose rows, or ask about other ones, if it were let
// through.
func TestManyMisusePanics(t *testing.T) {
	panics := func(t *testing.T, f func()) {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		f()
	}
	for name, text := range map[string]string{
		"no row":                       "SELECT n FROM t WHERE id IN ($1)",
		"row without an end":           "SELECT n FROM t WHERE id IN ({{$1",
		"two rows":                     "SELECT {{$1}} IN ({{$2}})",
		"row that begins later":        "SELECT n FROM t WHERE id IN ({{$2}})",
		"placeholders out of order":    "INSERT INTO t VALUES {{($2, $1)}}",
		"placeholder left out":         "INSERT INTO t VALUES {{($1, $3)}}",
		"placeholder used twice":       "INSERT INTO t VALUES {{($1, $1)}}",
		"row without placeholders":     "INSERT INTO t VALUES {{(1)}}",
		"placeholders before the row":  "UPDATE t SET n = $1 WHERE id IN ({{$1}})",
		"placeholder behind the row":   "SELECT n FROM t WHERE id IN ({{$1}}) AND n > $2",
		"first placeholder is a tenth": "SELECT n FROM t WHERE id IN ({{$10}})",
	} {
		t.Run(name, func(t *testing.T) { panics(t, func() { NewMany(text) }) })
	}
	t.Run("half a row", func(t *testing.T) {
		m := NewMany("INSERT INTO t VALUES {{($1, $2)}}")
		panics(t, func() { m.split(nil, make([]any, 3), func(*string, []any) {}) })
	})
}
