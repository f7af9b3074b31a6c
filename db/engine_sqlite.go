package db

import (
	"context"
	"database/sql/driver"
	"io"
)

// sqliteEngine runs statements on the driver itself and keeps them prepared:
// database/sql would tie them to a transaction and look each up again.
type sqliteEngine struct {
	dialect  *dialect
	conn     driver.Conn
	prepared map[string]driver.Stmt // on conn
	expanded map[string]string
	named    []driver.NamedValue
	row      []driver.Value
	steps    []step
}

func newSQLiteEngine(d *dialect) sqliteEngine {
	return sqliteEngine{dialect: d, expanded: map[string]string{}}
}

// use turns to a connection.
func (e *sqliteEngine) use(conn driver.Conn) {
	if e.conn != conn {
		e.conn, e.prepared = conn, map[string]driver.Stmt{}
	}
}

// pipeline runs what fill adds, and notes what changed something in the log.
func (e *sqliteEngine) pipeline(fill func(*Pipeline), redo *redoLog) error {
	p := Pipeline{steps: e.steps[:0], expand: e.expand}
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

func (e *sqliteEngine) expand(text string) string {
	s, ok := e.expanded[text]
	if !ok {
		s = e.dialect.placeholders(e.dialect.expand(text))
		e.expanded[text] = s
	}
	return s
}

func (e *sqliteEngine) exec(text string, args ...any) error {
	return e.run(&step{sql: text, args: args})
}

// run runs one statement. The driver starts a goroutine a statement for a
// context that can end, so that none is given.
func (e *sqliteEngine) run(s *step) error {
	ctx := context.Background()
	stmt, ok := e.prepared[s.sql]
	if !ok {
		var err error
		if stmt, err = e.conn.(driver.ConnPrepareContext).PrepareContext(ctx, s.sql); err != nil {
			return err
		}
		e.prepared[s.sql] = stmt
	}
	named := e.named[:0]
	for i, a := range s.args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	e.named = named
	if s.scan == nil {
		_, err := stmt.(driver.StmtExecContext).ExecContext(ctx, named)
		return err
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, named)
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
	err = e.run(&step{sql: `SELECT 1 FROM sqlite_schema WHERE name = '` + redoTable + `'`, scan: func(Row) { found = true }})
	if err != nil || !found {
		return where, err
	}
	return where, e.run(&step{sql: `SELECT id, seq FROM ` + redoTable, scan: func(r Row) { where = position{r.Int(0), r.Int(1)} }})
}

// move says that the tables hold everything up to a record.
func (e *sqliteEngine) move(where position) error {
	return e.exec(`UPDATE `+redoTable+` SET id = ?, seq = ?`, where.id, where.seq)
}
