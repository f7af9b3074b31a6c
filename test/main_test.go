package test

import (
	"os"
	"strings"
	"sync"
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

// rush makes numbered calls over 32 connections, spread over nodes and keys,
// that all begin in one moment, and returns when the last is over.
func rush(nodes []*story.Node, keys []story.Key, calls int, call func(by *story.Caller, n int)) {
	const connections = 32
	var callers sync.WaitGroup
	begin := make(chan struct{})
	for c := range connections {
		by := nodes[c%len(nodes)].Caller(keys[c/len(nodes)%len(keys)])
		by.Greet()
		callers.Go(func() {
			<-begin
			for n := c; n < calls; n += connections {
				call(by, n)
			}
		})
	}
	close(begin)
	callers.Wait()
}
