package db

import "testing"

func TestExpand(t *testing.T) {
	for _, c := range []struct{ text, postgres, sqlite string }{
		{"SELECT 1", "SELECT 1", "SELECT 1"},
		{"SELECT n FROM t {lock}", "SELECT n FROM t FOR UPDATE", "SELECT n FROM t "},
		{"SELECT n FROM t JOIN u {lock of t}", "SELECT n FROM t JOIN u FOR UPDATE of t", "SELECT n FROM t JOIN u "},
		{"(SELECT n FROM t {skip}) UNION (SELECT n FROM u {lock})",
			"(SELECT n FROM t FOR UPDATE SKIP LOCKED) UNION (SELECT n FROM u FOR UPDATE)",
			"(SELECT n FROM t ) UNION (SELECT n FROM u )"},
		// What is no fragment is the statement's own: a misspelt lock must be
		// refused by the server, not silently taken without one.
		{"SELECT n FROM t {lokc}", "SELECT n FROM t {lokc}", "SELECT n FROM t {lokc}"},
		{"SELECT '{}', '{\"a\":1}', '{'", "SELECT '{}', '{\"a\":1}', '{'", "SELECT '{}', '{\"a\":1}', '{'"},
	} {
		if got := postgresDialect.expand(c.text); got != c.postgres {
			t.Errorf("PostgreSQL: %s", got)
		}
		if got := sqliteDialect.expand(c.text); got != c.sqlite {
			t.Errorf("SQLite: %s", got)
		}
	}
}
