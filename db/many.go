package db

import (
	"strconv"
	"strings"
)

// Many is one statement for any number of rows. Its text marks the part that
// is repeated, a row, with double braces:
//
//	INSERT INTO t (id, n) VALUES {{($1, $2)}}
//	SELECT n FROM t WHERE id IN ({{$1}})
//	WITH v(id, n) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}}) UPDATE t SET n = v.n FROM v WHERE t.id = v.id
//
// A statement exists in the sizes 1, 2, 4 ... 64 only, so that each is
// prepared once per connection and n rows take at most n/64 + 6 statements.
// The statement count of a batch therefore does not grow with the batch.
type Many struct {
	columns int
	texts   [manySizes]string // texts[i] takes 1<<i rows
}

const manySizes = 7

// NewMany parses text. It is for package-level variables: a text without
// exactly one row, or with placeholders out of order, is a programmer's
// mistake and panics at start.
func NewMany(text string) *Many {
	head, rest, ok := strings.Cut(text, "{{")
	row, tail, ok2 := strings.Cut(rest, "}}")
	if !ok || !ok2 || strings.Contains(tail, "{{") {
		panic("db: a repeated statement needs exactly one {{row}}: " + text)
	}
	pieces := strings.Split(row, "$")
	m := &Many{columns: len(pieces) - 1}
	for i, p := range pieces[1:] {
		if !strings.HasPrefix(p, strconv.Itoa(i+1)) {
			panic("db: placeholders must be $1..$n in ascending order: " + text)
		}
		pieces[i+1] = p[len(strconv.Itoa(i+1)):]
	}
	for size := range m.texts {
		var b strings.Builder
		b.WriteString(head)
		n := 0
		for r := range 1 << size {
			if r > 0 {
				b.WriteString(", ")
			}
			b.WriteString(pieces[0])
			for _, p := range pieces[1:] {
				n++
				b.WriteString("$" + strconv.Itoa(n) + p)
			}
		}
		b.WriteString(tail)
		m.texts[size] = b.String()
	}
	return m
}

// split calls each with the statements that together take all of args, the
// largest first.
func (m *Many) split(args []any, each func(text string, args []any)) {
	for size := manySizes - 1; size >= 0; size-- {
		for n := m.columns << size; len(args) >= n; args = args[n:] {
			each(m.texts[size], args[:n:n])
		}
	}
}
