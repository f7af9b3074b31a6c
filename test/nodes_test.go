package test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"aviso/test/story"
)

// Nodes that start at once on an empty database make it together.
func TestNodesStartTogether(t *testing.T) {
	onPostgres(t, func(t *testing.T, database string) {
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:"})
		nodes := []*story.Node{house.Start(), house.Start(), house.Start()}
		for _, n := range nodes {
			n.Ready()
		}
		key := house.Account(3).Key()
		for _, n := range nodes {
			n.Caller(key).MustSend(story.Mail{To: []string{"you@example.com"}, Text: "From any node."}, http.StatusOK)
		}
	})
}

// A new account's first messages may come in by two nodes at once, when there
// is nothing yet that either could lock: each has its own key, too.
func TestFirstMessagesByTwoNodes(t *testing.T) {
	onPostgres(t, func(t *testing.T, database string) {
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:", RateLimit: 120})
		nodes := []*story.Node{house.Serve(), house.Serve()}
		for range 8 {
			owner := house.Account(2)
			callers := []*story.Caller{nodes[0].Caller(owner.Key()), nodes[1].Caller(owner.Key())}
			callers[0].Greet()
			callers[1].Greet()
			rush(callers, 2, func(by *story.Caller, n int) {
				if a, err := by.Send(story.Mail{To: []string{"you@example.com"}, Text: "The first."}, ""); err != nil || a.Status != http.StatusOK {
					t.Errorf("%+v %v", a, err)
				}
			})
			if got := owner.Balance(); got != 0 {
				t.Errorf("%d credits are left", got)
			}
		}
	})
}

// What a node held when it died, another carries on within 30 seconds.
func TestDeadNodeIsTakenOver(t *testing.T) {
	onPostgres(t, func(t *testing.T, database string) {
		t.Parallel()
		upstream := story.NewUpstream(t)
		house := aviso.Install(t, database, story.Settings{Relay: upstream.URL(), SyncTimeout: time.Second})
		owner := house.Account(10)
		key := owner.Key()
		dying, other := house.Serve(), house.Serve()

		running, waiting, unanswered := story.Hanging.Address(1), story.Later.Address(2), story.Hanging.Address(3)
		dying.Caller(key).MustSend(story.Mail{To: []string{running}, Text: "It hangs, and is promised."}, http.StatusAccepted)
		dying.Caller(key).MustSend(story.Mail{To: []string{waiting}, Text: "It is put off."}, http.StatusAccepted)
		mail := story.Mail{To: []string{unanswered}, Text: "Its caller hears nothing."}
		silence := make(chan error)
		go func() {
			_, err := dying.Caller(key).Send(mail, "once")
			silence <- err
		}()
		upstream.AwaitNamed(t, unanswered)
		dying.Kill()
		if err := <-silence; err == nil {
			t.Fatal("the call to the dead node was answered")
		}

		upstream.AwaitCopy(t, waiting)
		upstream.AwaitCopy(t, running)
		resumed := other.Caller(key).Insist(mail, "once", http.StatusOK)
		if resumed.Data.Charged != 1 || resumed.Replayed {
			t.Errorf("the call that nobody answered is resumed by another: %s", resumed.Body)
		}
		for _, to := range []string{running, waiting, unanswered} {
			if n := upstream.CopiesTo(to); n != 1 {
				t.Errorf("the relay has %d copies for %s", n, to)
			}
		}
		if got := owner.Balance(); got != 10-3 {
			t.Errorf("balance %d after three messages", got)
		}
		house.VerifyLedger()
	})
}

// A key that is switched off is off on every node when the command returns.
func TestDisabledKeyIsRefusedEverywhere(t *testing.T) {
	onPostgres(t, func(t *testing.T, database string) {
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:"})
		key := house.Account(10).Key()
		mail := story.Mail{To: []string{"you@example.com"}, Text: "Hello."}
		callers := []*story.Caller{house.Serve().Caller(key), house.Serve().Caller(key)}
		for _, c := range callers {
			c.MustSend(mail, http.StatusOK) // and now the node knows the key
		}
		house.Run("key", "disable", key.ID)
		for _, c := range callers {
			if a := c.MustSend(mail, http.StatusForbidden); a.Code != "KEY_DISABLED" {
				t.Errorf("%s", a.Body)
			}
		}
		house.Run("key", "enable", key.ID)
		for _, c := range callers {
			c.MustSend(mail, http.StatusOK)
		}
	})
}

// The 120 calls a minute are the key's, not the node's.
func TestNodesShareTheRateLimit(t *testing.T) {
	const limit, calls = 120, 240
	onPostgres(t, func(t *testing.T, database string) {
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:", RateLimit: limit})
		key := house.Account(calls).Key()
		nodes := []*story.Node{house.Serve(), house.Serve()}

		var passed, refused atomic.Int64
		rush(spread(32, nodes, []story.Key{key}), calls, func(by *story.Caller, n int) {
			switch a, err := by.Send(story.Mail{To: []string{"you@example.com"}, Text: "Hello."}, ""); {
			case err != nil:
				t.Error(err)
			case a.Status == http.StatusOK:
				passed.Add(1)
			case a.Status == http.StatusTooManyRequests && a.RetryAfter >= time.Second && a.RetryAfter <= 61*time.Second:
				refused.Add(1)
			default:
				t.Errorf("call %d: %d %s, Retry-After %s", n, a.Status, a.Body, a.RetryAfter)
			}
		})

		if passed.Load() != limit || refused.Load() != calls-limit {
			t.Errorf("%d calls passed and %d were refused", passed.Load(), refused.Load())
		}
	})
}
