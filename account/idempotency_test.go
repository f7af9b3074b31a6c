package account_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

// attempt is one call with an Idempotency-Key: it begins when its key is fresh
// or its predecessor was interrupted, unless it is refused for something else.
type attempt struct {
	book    *account.IdempotencyBook
	claim   account.Claim
	message string
	refused bool
	history account.History
	record  account.Record
}

func (w *attempt) Want() { w.book.Want(&w.claim) }

func (w *attempt) Decide(now int64) {
	w.history, w.record = w.book.Look(&w.claim, now)
	if (w.history == account.Fresh || w.history == account.Interrupted) && !w.refused {
		w.book.Begin(&w.claim, w.message, now)
	}
}

func (w *attempt) Weight() int { return 0 }

// ending is the answer to an attempt, or that there will never be one.
type ending struct {
	*attempt
	status int
	body   []byte
}

func (w *ending) Want() {
	if w.status != 0 {
		w.book.Want(&w.claim)
	}
}

func (w *ending) Decide(int64) {
	if w.status == 0 {
		w.book.Interrupt(w.message)
		return
	}
	w.book.Answer(&w.claim, w.status, w.body)
}

// desk is where calls with keys come in.
type desk struct {
	*customer
	*db.Committer
	book *account.IdempotencyBook
}

func openDesk(c *customer, d *db.DB) *desk {
	book := account.NewIdempotencyBook()
	k := &desk{c, d.NewCommitter(book), book}
	go k.Run()
	c.t.Cleanup(k.Close)
	return k
}

func (k *desk) attempt(key, body string) *attempt {
	return &attempt{book: k.book, message: db.NewID(),
		claim: account.Claim{Account: k.account.ID, Route: "/send", Key: key, BodyHash: sha256.Sum256([]byte(body))}}
}

func (k *desk) do(w db.Work) {
	k.t.Helper()
	if err := k.Do(db.Admitting, w); err != nil {
		k.t.Error(err)
	}
}

func (k *desk) end(w *attempt, status int, body string) {
	k.t.Helper()
	k.do(&ending{w, status, []byte(body)})
}

// expect makes an attempt and compares what it finds.
func (k *desk) expect(w *attempt, want account.History, record account.Record) {
	k.t.Helper()
	k.do(w)
	if w.history != want || fmt.Sprint(w.record) != fmt.Sprint(record) {
		k.t.Errorf("history %d %+v, not %d %+v", w.history, w.record, want, record)
	}
}

func (k *desk) rows() int64 { return k.count(`SELECT COUNT(*) FROM idempotency_keys`) }

var none account.Record

func onDesk(t *testing.T, f func(t *testing.T, k *desk)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, openDesk(register(t, d), d)) })
}

// From the first call to its answer, and what the same key finds meanwhile.
func TestHistoryOfAKey(t *testing.T) {
	onDesk(t, func(t *testing.T, k *desk) {
		first := k.attempt("key", "body")
		k.expect(first, account.Fresh, none)
		k.expect(k.attempt("key", "body"), account.Running, none)
		k.expect(k.attempt("key", "another body"), account.Differs, none)
		k.end(first, 200, "line\r\n\x00\xff")
		answer := account.Record{MessageID: first.message, Status: 200, Answer: []byte("line\r\n\x00\xff")}
		k.expect(k.attempt("key", "body"), account.Answered, answer)
		k.expect(k.attempt("key", "body"), account.Answered, answer)
		k.expect(k.attempt("key", "another body"), account.Differs, none)
		k.expect(k.attempt("Key", "body"), account.Fresh, none) // spelt otherwise
		for _, change := range []func(*account.Claim){
			func(c *account.Claim) { c.Account = "another" },
			func(c *account.Claim) { c.Route = "/another" },
		} {
			other := k.attempt("key", "body")
			change(&other.claim)
			k.expect(other, account.Fresh, none)
		}
		if n := k.rows(); n != 4 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestRefusedCallsLeaveNoTrace(t *testing.T) {
	onDesk(t, func(t *testing.T, k *desk) {
		refuse := func(key, body string, want account.History) {
			t.Helper()
			w := k.attempt(key, body)
			w.refused = true
			k.do(w)
			if w.history != want {
				t.Errorf("history %d", w.history)
			}
		}
		refuse("key", "body", account.Fresh)
		if n := k.rows(); n != 0 {
			t.Errorf("%d rows", n)
		}
		first := k.attempt("key", "another body") // which is free to come now
		k.expect(first, account.Fresh, none)
		refuse("key", "another body", account.Running)
		k.end(first, 502, "no")
		refuse("key", "another body", account.Answered)
		k.expect(k.attempt("key", "another body"), account.Answered, account.Record{MessageID: first.message, Status: 502, Answer: []byte("no")})
	})
}

// Who never gets an answer is resumed by the next call with the same body.
func TestInterrupt(t *testing.T) {
	onDesk(t, func(t *testing.T, k *desk) {
		first, answered := k.attempt("key", "body"), k.attempt("answered", "body")
		k.expect(first, account.Fresh, none)
		k.expect(answered, account.Fresh, none)
		k.end(answered, 202, "queued")
		k.end(first, 0, "")
		k.end(answered, 0, "") // too late to be interrupted
		k.end(k.attempt("", ""), 0, "")
		k.expect(k.attempt("answered", "body"), account.Answered, account.Record{MessageID: answered.message, Status: 202, Answer: []byte("queued")})
		k.expect(k.attempt("key", "another body"), account.Differs, none)
		second := k.attempt("key", "body")
		second.message = first.message
		k.expect(second, account.Interrupted, account.Record{MessageID: first.message, Status: -1})
		k.expect(k.attempt("key", "body"), account.Running, none)
		k.end(second, 200, "sent")
		k.expect(k.attempt("key", "body"), account.Answered, account.Record{MessageID: first.message, Status: 200, Answer: []byte("sent")})
	})
}

// A key is remembered for 24 hours from its admission, and not a millisecond
// longer.
func TestLifeOfAKey(t *testing.T) {
	onDesk(t, func(t *testing.T, k *desk) {
		first := k.attempt("key", "body")
		k.expect(first, account.Fresh, none)
		k.pass(time.Hour)
		k.end(first, 200, "sent") // does not make it younger
		k.pass(23*time.Hour - time.Millisecond)
		k.expect(k.attempt("key", "body"), account.Answered, account.Record{MessageID: first.message, Status: 200, Answer: []byte("sent")})
		k.pass(time.Millisecond)
		refused := k.attempt("key", "another body")
		refused.refused = true
		k.expect(refused, account.Fresh, none)
		second := k.attempt("key", "another body")
		k.expect(second, account.Fresh, none)
		k.expect(k.attempt("key", "body"), account.Differs, none)
		k.expect(k.attempt("key", "another body"), account.Running, none)
		k.pass(24*time.Hour - time.Millisecond)
		k.expect(k.attempt("key", "another body"), account.Running, none)
	})
}

func TestForgetClaimsInSteps(t *testing.T) {
	onDesk(t, func(t *testing.T, k *desk) {
		for i := range 5 {
			k.do(k.attempt(fmt.Sprint("old ", i), "body"))
		}
		k.pass(time.Millisecond)
		k.do(k.attempt("young", "body"))
		forget := func() (n int64) {
			k.write(func(tx *db.Tx) (err error) { n, err = account.ForgetClaims(tx, 2); return err })
			return n
		}
		if n := forget(); n != 0 {
			t.Errorf("%d are too old at once", n)
		}
		k.pass(account.IdempotencyLife)
		for _, want := range []int64{2, 2, 1, 0} {
			if n := forget(); n != want {
				t.Errorf("%d in a step, not %d", n, want)
			}
		}
		if n := k.rows(); n != 1 {
			t.Errorf("%d rows", n)
		}
		k.expect(k.attempt("old 1", "body"), account.Fresh, none)
	})
}

// Many calls with one key at once, on two nodes: one begins, the others know.
// Where it was refused the first time, the next may begin.
func TestOneBeginsOfMany(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		first, databases := registerOnTwo(t, url)
		var desks []*desk
		for _, d := range databases {
			desks = append(desks, openDesk(first, d))
		}
		for round := range 5 {
			key := fmt.Sprint("key ", round)
			var attempts []*attempt
			var all sync.WaitGroup
			for i := range 24 {
				k := desks[i%2]
				w := k.attempt(key, []string{"body", "body", "another body"}[i%3])
				w.refused = i%4 == 0
				attempts = append(attempts, w)
				all.Go(func() {
					if err := k.Do(db.Admitting, w); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			var began *attempt
			for _, w := range attempts {
				if w.history == account.Fresh && !w.refused {
					if began != nil {
						t.Error("two began")
					}
					began = w
				}
			}
			if began == nil {
				t.Fatal("nobody began")
			}
			for _, w := range attempts {
				same := w.claim.BodyHash == began.claim.BodyHash
				if w.history == account.Running && !same || w.history == account.Differs && same || w.history == account.Answered {
					t.Errorf("history %d, same body: %t", w.history, same)
				}
			}
			if n := first.count(`SELECT COUNT(*) FROM idempotency_keys WHERE key = $1 AND message_id = $2`, key, began.message); n != 1 {
				t.Errorf("%d rows of whom began", n)
			}
		}
		if n := desks[0].rows(); n != 5 {
			t.Errorf("%d rows", n)
		}
	})
}
