package api_test

import (
	"testing"
	"time"

	"aviso/db/dbtest"
)

// A node that dies is one whose database is gone: it can write nothing more,
// whatever it still hears from the relay. Its lease is short, since it tries
// to settle for as long as that lasts.
var mortal = options{lease: 2 * time.Second}

// A call that was not answered leaves the message interrupted and refunded.
// The same key and body resume it; it is charged again.
func TestInterrupted(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		t.Parallel()
		clocks := newClocks()
		d := openDatabase(t, url)
		old := open(t, d, clocks, mortal)
		c := old.customer(t, 10)
		speak := old.relays[0].silent(t, "DOT", nil)
		running := c.begin(t, hello().json(), key("k"))
		old.relays[0].Await(t, "DOT", 1)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		speak()
		lost := <-running
		lost.is(t, 503, "UNAVAILABLE", "")
		if lost.id() == "" {
			t.Fatalf("there is no messageId: %s", lost.raw)
		}
		old.close()

		clocks.advance(time.Minute)
		next := open(t, openDatabase(t, url), clocks, mortal)
		next.await(t, "email recovered", lost.id())
		c = c.at(next)
		a := c.look(t, lost.id())
		if a.data("status") != "interrupted" || asJSON(a.data("creditsCharged")) != "0" || asJSON(c.ledger(t)) != "[10,-1,1]" {
			t.Errorf("%s, %v", a.raw, c.ledger(t))
		}
		c.cancel(t, lost.id()).is(t, 409, "NOT_QUEUED", "")
		c.send(t, hello(mail{"subject": "another"}).json(), key("k")).is(t, 409, "IDEMPOTENCY_KEY_REUSED", "")

		r := row{body: hello().json(), header: key("k"), status: 200, data: mail{"messageId": lost.id(), "creditsCharged": 1}, ledger: []int64{-1}, relayed: []string{"primary ada@example.com"}}
		resumed := r.check(t, c)
		if resumed.header.Get("Idempotency-Replayed") != "" {
			t.Error("it says that it was replayed")
		}
		was, is := lastMail(t, old.relays[0]).Header, lastMail(t, next.relays[0]).Header
		for _, name := range []string{"Message-ID", "Date"} {
			if was.Get(name) != is.Get(name) || is.Get(name) == "" {
				t.Errorf("%s was %q and is %q", name, was.Get(name), is.Get(name))
			}
		}
		c.replays(t, resumed, r.body, r.header)
	})
}

// A promised message outlives its node: due at once if the dot was not out,
// else in doubt like one whose link broke there.
func TestPromiseOutlivesItsNode(t *testing.T) {
	rows := []struct {
		name, silentAt string
		wait           time.Duration // until the next node tries it
		relayed        int           // by the old node
	}{
		{"before the dot", "MAIL", 0, 0},
		{"after the dot", "DOT", 5 * time.Minute, 1},
	}
	o := mortal
	o.syncTimeout = impatient.syncTimeout
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				t.Parallel()
				clocks := newClocks()
				d := openDatabase(t, url)
				old := open(t, d, clocks, o)
				c := old.customer(t, 10)
				speak := old.relays[0].silent(t, r.silentAt, nil)
				a := c.send(t, hello().json())
				a.is(t, 202, "", "")
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
				speak()
				old.close()

				clocks.advance(time.Minute)
				next := open(t, openDatabase(t, url), clocks, o)
				next.await(t, "email recovered", a.id())
				c = c.at(next)
				if r.wait > 0 {
					if got := c.look(t, a.id()); got.data("status") != "queued" || got.data("nextAttemptAt") != "2026-03-01T12:06:00.000Z" {
						t.Errorf("%s", got.raw)
					}
				}
				next.later(t, r.wait)
				next.await(t, "email sent", a.id())
				if len(old.relayed()) != r.relayed || len(next.relayed()) != 1 || asJSON(c.ledger(t)) != "[10,-1]" {
					t.Errorf("relayed %v and %v, the ledger is %v", old.relayed(), next.relayed(), c.ledger(t))
				}
			})
		})
	}
}
