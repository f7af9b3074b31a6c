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

// spread returns callers spread over nodes and keys, each with its connection
// open.
func spread(connections int, nodes []*story.Node, keys []story.Key) []*story.Caller {
	callers := make([]*story.Caller, connections)
	for c := range callers {
		callers[c] = nodes[c%len(nodes)].Caller(keys[c/len(nodes)%len(keys)])
		callers[c].Greet()
	}
	return callers
}

// rush has callers make numbered calls, all beginning in one moment, and
// returns when the last is over.
func rush[C any](callers []C, calls int, call func(by C, n int)) {
	var busy sync.WaitGroup
	begin := make(chan struct{})
	for c, by := range callers {
		busy.Go(func() {
			<-begin
			for n := c; n < calls; n += len(callers) {
				call(by, n)
			}
		})
	}
	close(begin)
	busy.Wait()
}
