// Package dbtest gives tests a fresh, migrated database of each kind.
//
// It is for tests only and never mocks: SQLite is a file, PostgreSQL the
// server that AVISO_TEST_POSTGRES names (`make test` starts one). Without the
// variable a test runs on SQLite alone, and `make test` does not succeed.
package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"aviso/db"
)

// Runner is a test or a benchmark.
type Runner[T any] interface {
	testing.TB
	Run(name string, f func(T)) bool
}

// Each runs f once for each kind of database.
func Each[T Runner[T]](t T, f func(T, *db.DB)) {
	EachURL(t, func(t T, url string) { f(t, open(t, url)) })
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: url, Create: true, Server: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

// EachURL runs f once for each kind of database, with the URL of an empty one
// that is gone after the test.
func EachURL[T Runner[T]](t T, f func(t T, url string)) {
	t.Run("sqlite", func(t T) {
		f(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	})
	if server := os.Getenv("AVISO_TEST_POSTGRES"); server != "" {
		t.Run("postgres", func(t T) { f(t, createPostgres(t, server)) })
	}
}

var (
	numberMu sync.Mutex
	number   int
)

// createPostgres makes a database on the test server and returns its URL.
func createPostgres(t testing.TB, server string) string {
	t.Helper()
	numberMu.Lock()
	number++
	name := fmt.Sprintf("aviso_test_%d_%d", os.Getpid(), number)
	numberMu.Unlock()
	administer(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { administer(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("AVISO_TEST_POSTGRES is no URL")
	}
	u.Path = "/" + name
	return u.String()
}

func administer(t testing.TB, server, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}
