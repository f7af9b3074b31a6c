package test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// Nothing that was acknowledged is lost inbound, nothing is sent twice outbound,
// and the ledger is clean, however often and wherever the program is killed.
func TestTextsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		t.Parallel()
		var crowd *story.TextCrowd
		var node *story.Node
		if isSQLite(database) {
			crowd = aviso.TextCrowd(t, database, 1)
			node = killedInTurn(t, crowd)
		} else {
			crowd = aviso.TextCrowd(t, database, 4)
			node = killedBesideAnother(crowd)
		}
		silent := len(crowd.Unanswered())
		crowd.AskAgain(node, crowd.Unanswered())
		crowd.AskAgain(node, crowd.Answered())
		if left := crowd.Unanswered(); len(left) > 0 {
			t.Errorf("%d of %d calls are still not answered: %v", len(left), silent, crowd.Odd())
		}
		books := crowd.Close(node)

		for _, objection := range books.Objections() {
			t.Error(objection)
		}
		for _, odd := range crowd.Odd() {
			t.Error(odd)
		}
		crowd.VerifyLedger()
		answers := books.Answers()
		t.Logf("%d calls, %d cut off; answers %v; %d submits; %d texts came in, %d were pushed",
			len(books.Calls), silent, answers, len(books.Submits), len(books.Listed), len(books.Pushed))
		if silent == 0 || answers[http.StatusOK] == 0 || answers[http.StatusBadRequest] == 0 || len(books.Listed) == 0 || len(books.Pushed) == 0 {
			t.Error("nothing was at stake")
		}
	})
}

// killedInTurn kills one node after the other and returns one that lives.
func killedInTurn(t *testing.T, crowd *story.TextCrowd) *story.Node {
	for range rounds(t) {
		node := crowd.Serve()
		enough, quiet := crowd.Load(node), crowd.Write()
		crowd.AwaitMore(50)
		<-time.After(rand.N(500 * time.Millisecond)) // anywhere in whatever goes on now
		node.Kill()
		enough()
		quiet()
	}
	return crowd.Serve()
}

// killedBesideAnother kills nodes that have no link and hand their texts over,
// and at last the one that has them all. Who is left takes its place.
func killedBesideAnother(crowd *story.TextCrowd) *story.Node {
	linked := crowd.Serve()
	crowd.Centre.AwaitLinks(4)
	enough, quiet := crowd.Load(linked), crowd.Write()
	for range 2 {
		node := crowd.Serve()
		stopped := crowd.Load(node)
		crowd.AwaitMore(50)
		<-time.After(rand.N(500 * time.Millisecond))
		node.Kill()
		stopped()
	}
	left := crowd.Serve()
	stopped := crowd.Load(left)
	crowd.AwaitMore(50)
	linked.Kill()
	enough()
	stopped()
	quiet()
	crowd.Centre.AwaitLinks(4) // all of them: the dead node's leases are over
	return left
}
