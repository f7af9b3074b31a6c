package test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// However many ask for them at once, credits are spent exactly once.
func TestExactlyEnoughCredits(t *testing.T) {
	const credits, calls = 200, 400
	dbtest.EachURL(t, func(t *testing.T, database string) {
		upstream := story.NewUpstream(t)
		house := aviso.Install(t, database, story.Settings{Relay: upstream.URL(), RateLimit: 120})
		owner := house.Account(credits)
		keys := owner.Keys(8) // 50 calls each: nobody meets the rate limit
		nodes := []*story.Node{house.Serve()}
		if !isSQLite(database) {
			nodes = append(nodes, house.Serve())
		}

		var sent, refused atomic.Int64
		rush(spread(32, nodes, keys), calls, func(by *story.Caller, n int) {
			switch a, err := by.Send(story.Mail{To: []string{story.Taken.Address(n)}, Text: "One credit."}, ""); {
			case err != nil:
				t.Error(err)
			case a.Status == http.StatusOK && a.Data.Charged == 1:
				sent.Add(1)
			case a.Status == http.StatusPaymentRequired && a.Code == "INSUFFICIENT_CREDITS":
				refused.Add(1)
			default:
				t.Errorf("call %d: %d %s", n, a.Status, a.Body)
			}
		})

		if sent.Load() != credits || refused.Load() != calls-credits {
			t.Errorf("%d calls were paid and %d refused, not %d and %d", sent.Load(), refused.Load(), credits, calls-credits)
		}
		if got := owner.Balance(); got != 0 {
			t.Errorf("%d credits are left", got)
		}
		if got := len(upstream.Copies()); got != credits {
			t.Errorf("the relay took %d messages", got)
		}
		house.VerifyLedger()
	})
}
