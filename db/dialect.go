package db

import (
	"regexp"
	"strings"
)

// dialect is all that the two engines do not say alike.
type dialect struct {
	// lock ends a SELECT whose rows the transaction will decide about.
	lock string
	// skip is lock for rows that several nodes compete for.
	skip string
	// column types of the migrations, which are written in PostgreSQL's words
	types *strings.Replacer
	// tableEnd follows the closing parenthesis of a CREATE TABLE statement.
	tableEnd func(statement string) string
	// placeholders puts $1..$n, each used once and in order, into the words the
	// engine binds fastest.
	placeholders func(sql string) string
}

var postgresDialect = dialect{
	lock:     "FOR UPDATE",
	skip:     "FOR UPDATE SKIP LOCKED",
	types:    strings.NewReplacer(),
	tableEnd: func(string) string { return "" },

	placeholders: func(sql string) string { return sql },
}

// SQLite has one writer, so a transaction that began IMMEDIATE holds every
// lock already.
var sqliteDialect = dialect{
	types: strings.NewReplacer("BIGINT", "INTEGER", "BYTEA", "BLOB", "BOOLEAN", "INTEGER"),
	// STRICT refuses a text in a number column. WITHOUT ROWID keeps a row in
	// its primary key instead of in a second tree beside it, which only pays
	// for rows much smaller than a page.
	tableEnd: func(statement string) string {
		if strings.Contains(statement, "BLOB NOT NULL, -- wide") {
			return " STRICT"
		}
		return " STRICT, WITHOUT ROWID"
	},
	// A parameter with a number has a name, and SQLite looks each name up in a
	// list: a statement of 64 rows spent more time on that than on its rows.
	placeholders: func(sql string) string { return numbered.ReplaceAllLiteralString(sql, "?") },
}

var numbered = regexp.MustCompile(`\$[0-9]+`)

// expand fills the fragments {lock}, {lock of x} and {skip} of a statement.
func (d *dialect) expand(sql string) string {
	open := strings.IndexByte(sql, '{')
	if open < 0 {
		return sql
	}
	end := open + strings.IndexByte(sql[open:], '}')
	var fragment string
	switch name := sql[open+1 : end]; {
	case name == "lock":
		fragment = d.lock
	case name == "skip":
		fragment = d.skip
	case strings.HasPrefix(name, "lock of ") && d.lock != "":
		fragment = d.lock + name[len("lock"):]
	}
	return sql[:open] + fragment + d.expand(sql[end+1:])
}
