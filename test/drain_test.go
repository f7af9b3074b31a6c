package test

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// SIGTERM takes nothing from anybody who was promised something.
func TestStoppedUnderLoad(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		crowd := aviso.Crowd(t, database)
		node := crowd.Serve()
		stopped := crowd.Load(node)
		crowd.AwaitMore(t, 100)
		node.Terminate()
		stopped()
		if code := node.Exit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		for _, torn := range crowd.Torn() {
			t.Error(torn)
		}

		// A call that found the door closing has left no trace, so only those
		// that were answered are in the books.
		node = crowd.Serve()
		crowd.AskAgain(node, crowd.Answered())
		for _, objection := range crowd.Close(node).Objections() {
			t.Error(objection)
		}
		for _, odd := range crowd.Odd() {
			t.Error(odd)
		}
	})
}

func TestSecondStartIsSentToTheFirst(t *testing.T) {
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: "sandbox:"})
	first := house.Serve()
	second := house.Start()
	if code := second.Exit(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if said := second.Stderr(); !strings.Contains(said, first.URL) {
		t.Errorf("the second start does not name %s:\n%s", first.URL, said)
	}
}

func TestDemoMovesOnFromATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: "sandbox:", Listen: address})

	demo := house.Serve("--demo")
	curl := demo.Says("curl " + demo.URL)
	token := regexp.MustCompile(`hyd-mail-\w+`).FindString(curl)
	demo.Caller(story.Key{Token: token}).MustSend(story.Mail{To: []string{"you@example.com"}, Text: "It works."}, 200)
	if said := demo.Stdout(); strings.Contains(said, address) {
		t.Errorf("%s is somebody else's, and is printed:\n%s", address, said)
	}
	demo.Terminate()
	if code := demo.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
