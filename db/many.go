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
// A statement exists in a few sizes only, up to 64 rows, so that each is
// prepared once per connection: n rows take at most n/64 + 3 statements, and
// the statement count of a batch hardly grows with the batch.
type Many struct {
	columns int
	// padded statements may name a row twice (a list after IN), so that any
	// number of rows up to 64 is one statement.
	padded bool
	texts  [len(sizes)]string // texts[i] takes sizes[i] rows
}

// sizes are such that every number up to 64 is the sum of at most three, but
// for a few that need four.
var sizes = [...]int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}

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
	m := &Many{columns: len(pieces) - 1, padded: strings.HasSuffix(head, "IN (") || strings.HasSuffix(head, "IN (VALUES ")}
	for i, p := range pieces[1:] {
		if !strings.HasPrefix(p, strconv.Itoa(i+1)) {
			panic("db: placeholders must be $1..$n in ascending order: " + text)
		}
		pieces[i+1] = p[len(strconv.Itoa(i+1)):]
	}
	for i, size := range sizes {
		var b strings.Builder
		b.WriteString(head)
		n := 0
		for r := range size {
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
		m.texts[i] = b.String()
	}
	return m
}

// split calls each with the statements that together take all of args.
func (m *Many) split(args []any, each func(text string, args []any)) {
	for len(args) > 0 {
		rows := len(args) / m.columns
		i := len(sizes) - 1
		for sizes[i] > rows {
			i--
		}
		if m.padded && sizes[i] < rows && i < len(sizes)-1 {
			i++
			for last := args[len(args)-m.columns:]; rows < sizes[i]; rows++ {
				args = append(args, last...)
			}
		}
		n := sizes[i] * m.columns
		each(m.texts[i], args[:n:n])
		args = args[n:]
	}
}
