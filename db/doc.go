// Package db holds both database engines behind one SQL text.
//
// A statement is written once, in the common subset of PostgreSQL and SQLite,
// beside the feature that owns the table: ids are text made in Go, times are
// milliseconds UTC, credits are whole numbers, placeholders are $1..$n in
// ascending order. What truly differs is in dialect.go.
//
// Three ways lead in. Read takes a read-only connection. Write runs a function
// in one transaction of its own. The Committer gathers what all callers want
// written at this moment into one durable transaction; everything hot goes
// there.
//
// The package knows no table but its own version table, starts nothing by
// itself, and never waits for anything but the database.
package db
