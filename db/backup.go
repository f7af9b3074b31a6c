package db

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
)

// A backup is a gzip of JSON values, one a line: a Backup; for each table a
// mark with its name and columns, then its rows as arrays; a mark that ends it.
// Numbers are numbers, booleans 0 and 1, bytes base64, so that a database is
// written alike by both engines and can be read into either.
//
// VACUUM INTO and pg_dump were rejected: each makes what only its own engine
// reads, and the second is a program that may not be there.
const (
	backupFormat  = "aviso backup"
	backupVersion = 1
)

// Backup is how a backup begins: what it is and where it comes from.
type Backup struct {
	Format  string `json:"format"`
	Version int    `json:"version"` // of the format
	Schema  int64  `json:"schema"`  // the latest migration of the database it was made of
	Engine  string `json:"engine"`  // sqlite or postgres; for people only
	MadeAt  int64  `json:"madeAt"`  // milliseconds UTC
}

// mark stands before the rows of a table, and after the last table.
type mark struct {
	Table   string   `json:"table,omitempty"`
	Columns []string `json:"columns,omitempty"`
	End     bool     `json:"end,omitempty"`
	Rows    int64    `json:"rows,omitempty"` // of the whole file; in the last mark
}

// Backup writes everything in the database to w, from one snapshot, and
// returns how many rows that was. Writers go on meanwhile. It holds one row in
// memory at a time. The database may be of another version than this program.
func (d *DB) Backup(ctx context.Context, w io.Writer) (b Backup, rows int64, err error) {
	// The fastest level: a backup is made beside a server that needs the
	// processor more than the disk needs the tenth that a slower one saves.
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return b, 0, err
	}
	out := json.NewEncoder(z)
	out.SetEscapeHTML(false)
	err = d.Read(ctx, func(tx *Tx) error {
		if b, err = tx.describe(); err != nil {
			return err
		}
		tables, err := tx.tables()
		if err != nil {
			return err
		}
		if err := out.Encode(b); err != nil {
			return err
		}
		for i := range tables {
			n, err := tx.dump(&tables[i], out)
			if err != nil {
				return err
			}
			rows += n
		}
		return out.Encode(mark{End: true, Rows: rows})
	})
	if err != nil {
		return b, rows, err
	}
	return b, rows, z.Close()
}

func (t *Tx) describe() (Backup, error) {
	b := Backup{Format: backupFormat, Version: backupVersion, Engine: "sqlite"}
	if t.db.Postgres() {
		b.Engine = "postgres"
	}
	var err error
	if b.Schema, err = t.version(); err != nil {
		return b, err
	}
	b.MadeAt, err = t.Now()
	return b, err
}

// dump writes one table and returns how many rows it has.
func (t *Tx) dump(table *table, out *json.Encoder) (rows int64, err error) {
	m := mark{Table: table.name}
	values := make([]any, len(table.columns))
	into := make([]any, len(table.columns))
	for i, c := range table.columns {
		m.Columns = append(m.Columns, c.name)
		into[i] = &values[i]
	}
	if err := out.Encode(m); err != nil {
		return 0, err
	}
	return rows, t.Rows(`SELECT `+table.list()+` FROM `+quote(table.name), nil, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			values[i] = portable(v)
		}
		rows++
		return out.Encode(values)
	})
}

// portable is a value as both engines have it.
func portable(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case []byte:
		if v == nil { // which JSON would take for NULL
			return []byte{}
		}
	}
	return v
}
