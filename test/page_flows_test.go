package test

import (
	"os"
	"testing"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// flows are what people do with the page; each is a file of page/flows.
var flows = []struct {
	name string
	once bool // one database is enough: it is about what a browser does
}{
	{name: "email"},
	{name: "credits"},
	{name: "texts"},
	{name: "operator"},
	{name: "session"},
	{name: "shots", once: true},
	{name: "accessible", once: true},
	{name: "hostile", once: true},
}

// The page as people use it, in a browser, on the program as it ships.
func TestPage(t *testing.T) {
	browser := story.StartBrowser(t)
	dbtest.EachURL(t, func(t *testing.T, database string) {
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:"})
		stage := house.Dashboard(shots(t))
		for _, flow := range flows {
			if flow.once && !isSQLite(database) {
				continue
			}
			t.Run(flow.name, func(t *testing.T) { browser.Play(t, flow.name, stage) })
		}
		house.VerifyLedger()
	})
}

// shots is where pictures of the page go: nowhere, unless somebody wants them.
func shots(t *testing.T) string {
	if folder := os.Getenv("AVISO_SHOTS"); folder != "" {
		return folder
	}
	return t.TempDir()
}
