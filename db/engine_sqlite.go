package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
)

// sqliteEngine runs statements on the driver itself and keeps them prepared:
// database/sql would tie them to a transaction and look each up again.
type sqliteEngine struct {
	conn  driver.Conn
	texts *texts
	named []driver.NamedValue
	row   []driver.Value
	steps []step
}

func newSQLiteEngine(d *dialect) sqliteEngine {
	return sqliteEngine{texts: newTexts(func(text string) string { return orFail(d.placeholders(d.expand(text))) })}
}

// pipeline runs what fill adds, and notes what changed something in the log.
func (e *sqliteEngine) pipeline(fill func(*Pipeline), redo *redoLog) error {
	p := Pipeline{steps: e.steps[:0], texts: e.texts}
	fill(&p)
	for i := range p.steps {
		s := &p.steps[i]
		if err := e.run(s); err != nil {
			return s.fail(err)
		}
		if redo != nil && s.scan == nil {
			redo.note(s)
		}
	}
	clear(p.steps)
	e.steps = p.steps
	return nil
}

// orFail makes a statement that breaks a constraint leave what it has done so
// far: a batch that fails is taken back as a whole, and being able to take back
// a statement alone costs a copy of each page that it changes.
func orFail(text string) string {
	for _, verb := range []string{"INSERT ", "UPDATE "} {
		if head, rest, found := strings.Cut(text, verb); found && (head == "" || strings.HasPrefix(head, "WITH ")) {
			return head + verb + "OR FAIL " + rest
		}
	}
	return text
}

func (e *sqliteEngine) exec(text string, args ...any) error {
	return e.run(&step{e.texts.ofOnce(text), args, nil})
}

func (e *sqliteEngine) query(text string, scan func(Row)) error {
	return e.run(&step{e.texts.ofOnce(text), nil, scan})
}

// run runs one statement. The driver starts a goroutine a statement for a
// context that can end, so that none is given.
func (e *sqliteEngine) run(s *step) error {
	ctx := context.Background()
	if s.on != e.conn {
		if s.scan != nil && strings.Contains(s.sql, "RETURNING") {
			return errors.New("a pipelined query must not change what the redo log would have to say")
		}
		stmt, err := e.conn.(driver.ConnPrepareContext).PrepareContext(ctx, s.sql)
		if err != nil {
			return err
		}
		s.prepared, s.on = stmt, e.conn
	}
	named := e.named[:0]
	for i, a := range s.args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	e.named = named
	if s.scan == nil {
		_, err := s.prepared.(driver.StmtExecContext).ExecContext(ctx, named)
		return err
	}
	rows, err := s.prepared.(driver.StmtQueryContext).QueryContext(ctx, named)
	if err != nil {
		return err
	}
	if n := len(rows.Columns()); cap(e.row) < n {
		e.row = make([]driver.Value, n)
	} else {
		e.row = e.row[:n]
	}
	row := make(Row, len(e.row))
	for {
		if err := rows.Next(e.row); err != nil {
			closeErr := rows.Close()
			if err == io.EOF {
				return closeErr
			}
			return err
		}
		for i, v := range e.row {
			row[i] = v
		}
		s.scan(row)
	}
}

// redoTable says where the tables are in the redo log. It is not a migration's:
// the log is run before there are any, and PostgreSQL has none.
const redoTable = "redo_position"

// position is where the tables are; nowhere when no server has used them yet.
func (e *sqliteEngine) position() (where position, err error) {
	found := false
	err = e.query(`SELECT 1 FROM sqlite_schema WHERE name = '`+redoTable+`'`, func(Row) { found = true })
	if err != nil || !found {
		return where, err
	}
	err = e.query(`SELECT id, seq FROM `+redoTable, func(r Row) { where = position{r.Int(0), r.Int(1)} })
	return where, err
}

// version changes when another connection has committed something, or when
// the connection is another one.
func (e *sqliteEngine) version() (v int64, err error) {
	err = e.query(`PRAGMA data_version`, func(r Row) { v = r.Int(0) })
	return v, err
}

// move says that the tables hold everything up to a record.
func (e *sqliteEngine) move(where position) error {
	return e.exec(`UPDATE `+redoTable+` SET id = ?, seq = ?`, where.id, where.seq)
}
