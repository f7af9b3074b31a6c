package db

import (
	"errors"
	"fmt"
	"strings"
)

// table is one table as the database itself describes it. What is copied as a
// whole asks the database, not a list in the code that a migration could
// leave behind.
type table struct {
	name    string
	columns []column
}

type column struct {
	name string
	kind kind
}

// kind is what a column holds, in words that both engines can be put into.
type kind uint8

const (
	kindNumber kind = iota
	kindText
	kindBytes
	kindBoolean // PostgreSQL alone: SQLite keeps 0 and 1 in a number
)

var kinds = map[string]kind{
	"bigint": kindNumber, "text": kindText, "bytea": kindBytes, "boolean": kindBoolean,
	"INTEGER": kindNumber, "TEXT": kindText, "BLOB": kindBytes,
}

// versionTable is goose's own; every database has one of its own.
const versionTable = "goose_db_version"

// catalog is how an engine is asked for its tables.
type catalog struct {
	columns    string // table, column, type, in the columns' order
	references string // table, and one that it refers to
}

var postgresCatalog = catalog{
	columns: `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`,
	references: `SELECT a.relname, b.relname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
		JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype = 'f' AND n.nspname = current_schema()`,
}

var sqliteCatalog = catalog{
	columns: `SELECT m.name, c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`,
	references: `SELECT m.name, r."table" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) r WHERE m.type = 'table'`,
}

// tables returns all tables but the package's own, each after those that it refers
// to, so that rows can be inserted in this order.
func (t *Tx) tables() ([]table, error) {
	c := sqliteCatalog
	if t.db.Postgres() {
		c = postgresCatalog
	}
	var found []table
	err := t.Rows(c.columns, nil, func(scan func(...any) error) error {
		var name, col, typ string
		if err := scan(&name, &col, &typ); err != nil || name == versionTable || name == redoTable {
			return err
		}
		k, known := kinds[typ]
		if !known {
			return fmt.Errorf("%s.%s is of the type %s, which no column of Aviso has", name, col, typ)
		}
		if n := len(found); n == 0 || found[n-1].name != name {
			found = append(found, table{name: name})
		}
		last := &found[len(found)-1]
		last.columns = append(last.columns, column{col, k})
		return nil
	})
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	err = t.Rows(c.references, nil, func(scan func(...any) error) error {
		var from, to string
		err := scan(&from, &to)
		if from != to {
			needs[from] = append(needs[from], to)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return inOrder(found, needs)
}

// inOrder puts each table after those that it needs.
func inOrder(tables []table, needs map[string][]string) ([]table, error) {
	ordered := make([]table, 0, len(tables))
	placed := map[string]bool{}
	ready := func(t table) bool {
		for _, need := range needs[t.name] {
			if !placed[need] {
				return false
			}
		}
		return !placed[t.name]
	}
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, t := range tables {
			if ready(t) {
				ordered, placed[t.name] = append(ordered, t), true
			}
		}
		if len(ordered) == before {
			return nil, errors.New("the tables refer to each other in a circle")
		}
	}
	return ordered, nil
}

// list returns the columns' names, quoted and separated by commas.
func (t *table) list() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// version is the number of the latest migration that was applied.
func (t *Tx) version() (int64, error) {
	var v int64
	err := t.Row(`SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable+` WHERE is_applied`, nil, &v)
	if err != nil {
		err = fmt.Errorf("reading the database's version: %w", err)
	}
	return v, err
}
