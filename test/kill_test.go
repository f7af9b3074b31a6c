package test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"aviso/db/dbtest"
)

// rounds is how often each database's Aviso is killed; AVISO_KILL_ROUNDS asks
// for more.
func rounds(t *testing.T) int {
	text := os.Getenv("AVISO_KILL_ROUNDS")
	if text == "" {
		return 6
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("AVISO_KILL_ROUNDS=%s is no number of rounds", text)
	}
	return n
}

// What was acknowledged survives kill -9, and nothing is sent twice or paid for
// twice without a doubt on record.
func TestKilledUnderLoad(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		t.Parallel()
		crowd := aviso.Crowd(t, database)

		for range rounds(t) {
			node := crowd.Serve()
			stopped := crowd.Load(node)
			crowd.AwaitMore(t, 50)
			<-time.After(rand.N(time.Second)) // anywhere in whatever goes on now
			node.Kill()
			stopped()
		}

		node := crowd.Serve()
		silent := crowd.Unanswered()
		crowd.AskAgain(node, crowd.Calls())
		if left := crowd.Unanswered(); len(left) > 0 {
			t.Errorf("%d of %d calls are still not answered: %v", len(left), len(silent), crowd.Odd())
		}
		books := crowd.Close(node)

		for _, objection := range books.Objections() {
			t.Error(objection)
		}
		for _, odd := range crowd.Odd() {
			t.Error(odd)
		}
		crowd.VerifyLedger()
		t.Logf("%d calls, %d cut off; answers %v; %d copies", len(books.Calls), len(silent), books.Answers(), len(books.Copies))
		for _, status := range []int{http.StatusOK, http.StatusAccepted, http.StatusBadGateway} {
			if len(silent) == 0 || books.Answers()[status] == 0 {
				t.Errorf("%d calls were cut off and %d answered %d: nothing was at stake", len(silent), books.Answers()[status], status)
			}
		}
	})
}
