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
	placeholders: func(sql string) string { return placeholder.ReplaceAllLiteralString(sql, "?") },
}

var fragments = regexp.MustCompile(`\{(?:skip|lock(?: of [a-z]+)?)\}`)

// expand fills the fragments {lock}, {lock of x} and {skip} of a statement.
// Other braces are the statement's own, so that the server refuses a misspelt
// fragment: leaving it out would be a lock that is not taken.
func (d *dialect) expand(sql string) string {
	if strings.IndexByte(sql, '{') < 0 {
		return sql
	}
	return fragments.ReplaceAllStringFunc(sql, func(f string) string {
		switch {
		case f == "{skip}":
			return d.skip
		case d.lock == "":
			return ""
		}
		return d.lock + strings.TrimSuffix(f[len("{lock"):], "}")
	})
}
