package test

import (
	"os"
	"strings"
	"testing"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// aviso is the program that all stories are about.
var aviso story.Binary

func TestMain(m *testing.M) {
	code := m.Run()
	aviso.Remove()
	os.Exit(code)
}

// onPostgres runs a story that takes several nodes.
func onPostgres(t *testing.T, f func(t *testing.T, database string)) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		if !isSQLite(database) {
			f(t, database)
		}
	})
}

func isSQLite(database string) bool { return strings.HasPrefix(database, "sqlite:") }
