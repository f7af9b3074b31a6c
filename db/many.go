package db

import (
	"regexp"
	"strconv"
	"strings"
)

// Many is one statement for any number of rows. Its text marks the part that
// is repeated, a row, with double braces:
//
//	INSERT INTO t (id, n) VALUES {{($1, $2)}}
//	SELECT n FROM t WHERE id IN ({{$1}})
//	WITH v(id, n) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}}) UPDATE t SET n = v.n FROM v WHERE t.id = v.id
//	UPDATE t SET n = $1 WHERE id IN ({{$2}})
//
// Placeholders before the row are the same for all rows.
//
// A statement exists in a few sizes only, up to 64 rows, so that each is
// prepared once per connection: n rows take at most n/64 + 3 statements, and
// the statement count of a batch hardly grows with the batch.
type Many struct {
	fixed   int // placeholders before the row
	columns int // placeholders of a row
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
	if !ok || !ok2 || strings.Contains(row+tail, "{{") || strings.Contains(tail, "$") {
		panic("db: a repeated statement needs exactly one {{row}}, and no placeholder behind it: " + text)
	}
	m := &Many{padded: strings.HasSuffix(head, "IN (") || strings.HasSuffix(head, "IN (VALUES ")}
	m.fixed = checkPlaceholders(head, 0)
	m.columns = checkPlaceholders(row, m.fixed) - m.fixed
	if m.columns == 0 {
		panic("db: the row of a repeated statement needs a placeholder: " + text)
	}
	pieces := strings.Split(placeholder.ReplaceAllLiteralString(row, "$"), "$")
	for i, size := range sizes {
		var b strings.Builder
		b.WriteString(head)
		n := m.fixed
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

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// checkPlaceholders returns the number of the last placeholder in text, whose
// first must follow before.
func checkPlaceholders(text string, before int) int {
	for _, p := range placeholder.FindAllString(text, -1) {
		if before++; p != "$"+strconv.Itoa(before) {
			panic("db: placeholders must be $1..$n, each once and in ascending order: " + text)
		}
	}
	return before
}

// split calls each with the statements that together take all rows in args. A
// text is always the same pointer.
func (m *Many) split(fixed, args []any, each func(text *string, args []any)) {
	for len(args) > 0 {
		rows := len(args) / m.columns
		i := len(sizes) - 1
		for sizes[i] > rows {
			i--
		}
		if m.padded && sizes[i] < rows && i < len(sizes)-1 {
			i++
			last := args[len(args)-m.columns:]
			args = args[:len(args):len(args)] // what lies behind is the caller's
			for ; rows < sizes[i]; rows++ {
				args = append(args, last...)
			}
		}
		n := sizes[i] * m.columns
		if m.fixed == 0 {
			each(&m.texts[i], args[:n:n])
		} else {
			each(&m.texts[i], append(append(make([]any, 0, m.fixed+n), fixed...), args[:n]...))
		}
		args = args[n:]
	}
}
