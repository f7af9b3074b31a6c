package db

import (
	"database/sql/driver"
	"fmt"
)

// Row is one row of a pipelined query: int64, string, []byte or nil a column,
// and int64 or bool for a BOOLEAN. The accessors take the zero value for NULL.
type Row []any

// Null says whether column i is NULL.
func (r Row) Null(i int) bool { return r[i] == nil }

// Int returns column i, a BIGINT.
func (r Row) Int(i int) int64 { n, _ := r[i].(int64); return n }

// Text returns column i, a TEXT.
func (r Row) Text(i int) string { s, _ := r[i].(string); return s }

// Bytes returns a copy of column i, a BYTEA; empty for NULL.
func (r Row) Bytes(i int) []byte { b, _ := r[i].([]byte); return append([]byte(nil), b...) }

// Bool returns column i, a BOOLEAN.
func (r Row) Bool(i int) bool {
	switch v := r[i].(type) {
	case bool:
		return v
	case int64:
		return v != 0
	}
	return false
}

// Pipeline collects the statements that a batch sends at once. Arguments are
// int64, string, []byte, bool or nil. A statement whose rows are wanted changes
// nothing.
type Pipeline struct {
	texts *texts
	steps []step
}

type step struct {
	*statement
	args []any
	scan func(Row) // nil: no rows are wanted
}

// statement is a text in the engine's own words.
type statement struct {
	sql      string
	prepared driver.Stmt // on a connection, on SQLite
	on       driver.Conn
}

// forget gives up what is prepared on a connection, before that is closed: until
// then it stays open, with its files, and its transaction if there is one.
func (s *statement) forget() {
	if on, ok := s.on.(driver.Validator); ok && on.IsValid() {
		_ = s.prepared.Close()
	}
	s.prepared, s.on = nil, nil
}

// texts are the statements that an engine has met. Those of a Many are found by
// where their text is: they are long.
type texts struct {
	expand func(text string) string
	many   map[*string]*statement
	once   map[string]*statement
}

func newTexts(expand func(string) string) *texts {
	return &texts{expand: expand, many: map[*string]*statement{}, once: map[string]*statement{}}
}

func (t *texts) ofMany(text *string) *statement {
	s := t.many[text]
	if s == nil {
		s = &statement{sql: t.expand(*text)}
		t.many[text] = s
	}
	return s
}

func (t *texts) ofOnce(text string) *statement {
	s := t.once[text]
	if s == nil {
		s = &statement{sql: t.expand(text)}
		t.once[text] = s
	}
	return s
}

func (t *texts) forget() {
	for _, s := range t.many {
		s.forget()
	}
	for _, s := range t.once {
		s.forget()
	}
}

// Query adds m for the rows in args, one after the other, and calls scan with
// each row of the answer.
func (p *Pipeline) Query(m *Many, args []any, scan func(Row)) {
	m.split(nil, args, func(text *string, args []any) {
		p.steps = append(p.steps, step{p.texts.ofMany(text), args, scan})
	})
}

// Exec adds m for the rows in args, one after the other. Fixed are the
// arguments that m has before its row.
func (p *Pipeline) Exec(m *Many, args []any, fixed ...any) {
	m.split(fixed, args, func(text *string, args []any) {
		p.steps = append(p.steps, step{p.texts.ofMany(text), args, nil})
	})
}

// QueryOnce adds a statement that is no Many.
func (p *Pipeline) QueryOnce(sql string, scan func(Row), args ...any) {
	p.steps = append(p.steps, step{p.texts.ofOnce(sql), args, scan})
}

func (s *step) fail(err error) error { return fmt.Errorf("%w in %q", err, clip(s.sql, 120)) }

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}
