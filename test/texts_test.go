package test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"aviso/db/dbtest"
	"aviso/test/story"
)

// What was submitted when the link broke is in doubt, is never submitted again,
// and is settled by what the network reports, or else by the operator.
func TestTextsOnALinkThatBreaks(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		centre := story.NewCentre(t)
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:", Gateway: centre.URL()})
		owner := house.TextAccount(100)
		node := house.Serve()
		centre.AwaitLinks(1)

		// What becomes of each is what is reported, or nothing.
		ends := []struct{ report, status string }{
			{"DELIVRD", "delivered"}, {"DELIVRD", "delivered"}, {"UNDELIV", "undelivered"}, {"REJECTD", "failed"}, {"REJECTD", "failed"},
			{"", "unknown"}, {"", "unknown"},
		}
		ids := inDoubt(t, node, owner.Token, len(ends))
		centre.AwaitSubmits(story.TextSilent, len(ends))
		centre.Drop()
		byNumber := ids()
		centre.AwaitLinks(1)
		submits := centre.Submits()
		for i, end := range ends {
			if end.report != "" {
				centre.Bring(submits[i].Receipt(end.report))
				centre.Bring(submits[i].Receipt(end.report)) // networks repeat themselves
			}
		}
		centre.AwaitBrought()

		by := node.Texter(owner.Token)
		var open []string
		for i, end := range ends {
			id := byNumber[submits[i].To]
			m, err := by.Becomes(id, func(status string) bool { return status == end.status })
			if err != nil || m.Status != end.status {
				t.Errorf("after %q: %+v %v, not %s", end.report, m, err, end.status)
			}
			if end.report == "" {
				open = append(open, id)
			}
		}
		if got, want := owner.Balance(), owner.Granted-int64(len(ends))+2; got != want {
			t.Errorf("balance %d after two refunds, not %d", got, want)
		}
		house.RunList("sms", "unknown", "settle", open[0], "--outcome", "failed")
		house.RunList("sms", "unknown", "settle", open[1], "--outcome", "sent")
		if got, want := owner.Balance(), owner.Granted-int64(len(ends))+3; got != want {
			t.Errorf("balance %d after the operator's refund, not %d", got, want)
		}
		by.MustSend(story.Text{Recipient: story.TextTaken.Number(99), Content: "The link is there again."}, http.StatusOK)
		if got := len(centre.Submits()); got != len(ends)+1 {
			t.Errorf("%d submits", got)
		}
		house.VerifyLedger()
	})
}

// inDoubt sends texts that the message centre does not answer. The returned
// function waits until their callers were told so, and returns the texts' ids by
// their numbers.
func inDoubt(t *testing.T, node *story.Node, token string, texts int) func() map[string]string {
	type told struct{ to, id string }
	answers := make(chan told, texts)
	for n := range texts {
		by := node.Texter(token)
		go func() {
			to := story.TextSilent.Number(n)
			a, err := by.Send(story.Text{Recipient: to, Content: fmt.Sprintf("Text %d.", n)}, "")
			if err != nil || a.Status != http.StatusOK || a.State != "unknown" {
				t.Errorf("text %d is answered %+v %v", n, a, err)
				answers <- told{to, ""}
				return
			}
			answers <- told{to, a.ID}
		}()
	}
	return func() map[string]string {
		ids := map[string]string{}
		for range texts {
			a := <-answers
			ids[a.to] = a.id
		}
		return ids
	}
}

// However many ask for them at once, and by whatever node, credits are spent
// exactly once. On PostgreSQL one of two nodes has the only link at first, and
// the other hands its texts over.
func TestExactlyEnoughTextCredits(t *testing.T) {
	const texts, calls = 100, 200
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		centre := story.NewCentre(t)
		house := aviso.Install(t, database, story.Settings{Relay: "sandbox:", Gateway: centre.URL(), Binds: 2})
		owner := house.TextAccount(2 * texts)
		nodes := []*story.Node{house.Serve()}
		centre.AwaitLinks(2)
		if !isSQLite(database) {
			nodes = append(nodes, house.Serve())
		}
		content := fmt.Sprintf("%0200d", 0) // two credits
		var sent, refused atomic.Int64
		var byNode [2]atomic.Int64
		callers := make([]*story.Texter, 16)
		for c := range callers {
			callers[c] = nodes[c%len(nodes)].Texter(owner.Token)
		}
		rush(callers, calls, func(by *story.Texter, n int) {
			switch a, err := by.Send(story.Text{Recipient: story.TextTaken.Number(n), Content: content}, ""); {
			case err != nil:
				t.Error(err)
			case a.Status == http.StatusOK && a.State == "sent" && a.Cost == 2 && a.Segments == 2:
				sent.Add(1)
				byNode[n%len(callers)%len(nodes)].Add(1)
			case a.Status == http.StatusForbidden && a.Code == "INSUFFICIENT_CREDITS":
				refused.Add(1)
			default:
				t.Errorf("call %d: %d %s", n, a.Status, a.Body)
			}
		})

		if sent.Load() != texts || refused.Load() != calls-texts {
			t.Errorf("%d calls were paid and %d refused, not %d and %d", sent.Load(), refused.Load(), texts, calls-texts)
		}
		for n := range nodes {
			if byNode[n].Load() == 0 {
				t.Errorf("node %d has sent nothing", n)
			}
		}
		if got := owner.Balance(); got != 0 {
			t.Errorf("%d credits are left", got)
		}
		if got := len(centre.Submits()); got != 2*texts {
			t.Errorf("the message centre has %d parts", got)
		}
		house.VerifyLedger()
	})
}

// SIGTERM takes nothing from anybody who was promised something, and the link is
// ended in order.
func TestTextsStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		crowd := aviso.TextCrowd(t, database, 1)
		node := crowd.Serve()
		enough, quiet := crowd.Load(node), crowd.Write()
		crowd.AwaitMore(100)
		node.Terminate()
		enough()
		quiet()
		if code := node.Exit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		for _, torn := range crowd.Torn() {
			t.Error(torn)
		}
		crowd.Centre.AwaitLinks(0)
		if binds, unbinds := crowd.Centre.Binds(); binds != 1 || unbinds != 1 {
			t.Errorf("%d binds and %d unbinds", binds, unbinds)
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
		crowd.VerifyLedger()
	})
}
