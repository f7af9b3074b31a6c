package account_test

import (
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

// call is one call with a key, as an admission makes it.
type call struct {
	book   *account.KeyBook
	caller account.Caller
	fault  *fault.Error
}

func (w *call) Want() { w.book.Want(w.caller) }

func (w *call) Decide(now int64) {
	if w.fault = w.book.Check(w.caller); w.fault == nil {
		w.fault = w.book.Count(w.caller, now)
	}
}

func (w *call) Weight() int { return 0 }

// node is one process that takes calls.
type node struct {
	*db.Committer
	t    *testing.T
	book *account.KeyBook
}

func startNode(t *testing.T, d *db.DB, limit int, now func() time.Time) *node {
	book := account.NewKeyBook(limit, now)
	n := &node{d.NewCommitter(book), t, book}
	go n.Run()
	t.Cleanup(n.Close)
	return n
}

func (n *node) call(caller account.Caller) *fault.Error {
	w := &call{book: n.book, caller: caller}
	if err := n.Do(db.Admitting, w); err != nil {
		n.t.Error(err)
	}
	return w.fault
}

func expectFault(t *testing.T, what string, f *fault.Error, want string) {
	t.Helper()
	var err error
	if f != nil {
		err = f
	}
	expectCode(t, what, err, want)
}

// Many call at once, on two nodes: exactly the limit is let in, and after the
// time that was said exactly the limit again.
func TestRateLimitOverNodes(t *testing.T) {
	const limit, calls = 20, 30
	dbtest.EachURL(t, func(t *testing.T, url string) {
		first, databases := registerOnTwo(t, url)
		var nodes []*node
		for _, d := range databases {
			nodes = append(nodes, startNode(t, d, limit, first.now))
		}
		caller := first.identify(first.token)
		for range 3 {
			var all sync.WaitGroup
			var mu sync.Mutex
			codes := map[string]int{}
			for _, n := range nodes {
				for range calls {
					all.Go(func() {
						f := n.call(caller)
						mu.Lock()
						defer mu.Unlock()
						if f == nil {
							codes[""]++
						} else if codes[f.Code]++; f.Kind != fault.RateLimited || f.RetryAfter != time.Minute+time.Millisecond {
							t.Errorf("%+v", f)
						}
					})
				}
			}
			all.Wait()
			if codes[""] != limit || codes["RATE_LIMITED"] != 2*calls-limit {
				t.Errorf("%v", codes)
			}
			first.pass(time.Minute)
			for _, n := range nodes {
				expectFault(t, "exactly a minute later", n.call(caller), "RATE_LIMITED")
			}
			first.pass(time.Millisecond)
		}
	})
}

// A full window is remembered as long as it is full, and for its key only.
func TestFullIsAnsweredFromMemory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		var token string
		c.write(func(tx *db.Tx) (err error) {
			_, token, err = account.CreateKey(tx, "test", c.account, account.Email, "second")
			return err
		})
		n := startNode(t, d, 1, c.now)
		first, second := c.identify(c.token), c.identify(token)
		expectFault(t, "the first call", n.call(first), "")
		if f := n.book.Full(first); f != nil {
			t.Errorf("full before anybody was refused: %v", f)
		}
		expectFault(t, "the second call", n.call(first), "RATE_LIMITED")
		c.pass(time.Minute)
		if f := n.book.Full(first); f == nil || f.Code != "RATE_LIMITED" || f.RetryAfter != time.Millisecond {
			t.Errorf("%+v", f)
		}
		if f := n.book.Full(second); f != nil {
			t.Errorf("another key: %v", f)
		}
		c.pass(time.Millisecond)
		if f := n.book.Full(first); f != nil {
			t.Errorf("%v", f)
		}
		expectFault(t, "a minute later", n.call(first), "")
	})
}

// A clock that was set back an hour stands still for the key until it has
// caught up; a node does not go by that for longer than a minute, since the
// clock may be set forth again.
func TestRateLimitWhenTheClockGoesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		process := time.Unix(1_700_000_000, 0)
		n := startNode(t, d, 1, func() time.Time { return process })
		caller := c.identify(c.token)
		expectFault(t, "before", n.call(caller), "")
		c.pass(-time.Hour)
		if f := n.call(caller); f == nil || f.RetryAfter != time.Hour+time.Minute+time.Millisecond {
			t.Errorf("%+v", f)
		}
		c.pass(time.Hour + time.Minute + time.Millisecond)
		if process = process.Add(time.Minute); n.book.Full(caller) == nil {
			t.Error("the minute has not passed")
		}
		if process = process.Add(time.Millisecond); n.book.Full(caller) != nil {
			t.Error("full for longer than a minute")
		}
		expectFault(t, "after", n.call(caller), "")
	})
}

// What an operator or owner changes holds for the next call, although the node
// remembers the caller, and a refused call is not counted.
func TestChangesHoldAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		n := startNode(t, d, 100, c.now)
		used := int64(0)
		step := func(what, want string, change func(*db.Tx) error) {
			t.Helper()
			c.pass(time.Millisecond)
			if change != nil {
				c.write(change)
			}
			f := n.call(c.identify(c.token)) // which it remembers
			expectFault(t, what, f, want)
			if f == nil {
				used = c.clock.Load()
			}
			c.read(func(tx *db.Tx) error {
				if k, err := account.FindKey(tx, "", c.key.ID); err == nil && k.LastUsedAt != used {
					t.Errorf("%s: last used at %d, not at %d", what, k.LastUsedAt, used)
				}
				return nil
			})
		}
		enable := func(on bool) func(*db.Tx) error {
			return func(tx *db.Tx) error { return account.EnableKey(tx, "test", c.key, on) }
		}
		suspend := func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) }
		unsuspend := func(tx *db.Tx) error { _, err := account.Unsuspend(tx, "test", c.account); return err }
		step("at first", "", nil)
		step("disabled", "KEY_DISABLED", enable(false))
		step("disabled and suspended", "KEY_DISABLED", suspend)
		step("suspended", "ACCOUNT_SUSPENDED", enable(true))
		step("neither", "", unsuspend)
		var rotated string
		step("rotated", "UNAUTHORIZED", func(tx *db.Tx) (err error) {
			rotated, err = account.RotateKey(tx, "test", c.key, account.Email)
			return err
		})
		c.token = rotated
		step("with the new token", "", nil)
		step("deleted", "UNAUTHORIZED", func(tx *db.Tx) error { return account.DeleteKey(tx, "test", c.key) })
		if n := c.count(`SELECT COUNT(*) FROM key_windows`); n != 0 {
			t.Error("a refused call has made a window again")
		}
	})
}

// Rotating a key is no way around its limit.
func TestRotatingKeepsTheWindow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		n := startNode(t, d, 1, c.now)
		expectFault(t, "the first call", n.call(c.identify(c.token)), "")
		var token string
		c.write(func(tx *db.Tx) (err error) {
			token, err = account.RotateKey(tx, "test", c.key, account.Email)
			return err
		})
		expectFault(t, "with the new token", n.call(c.identify(token)), "RATE_LIMITED")
	})
}

func TestNoRateLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		n := startNode(t, d, 0, c.now)
		caller := c.identify(c.token)
		for range 5 {
			expectFault(t, "a call", n.call(caller), "")
		}
		if f := n.book.Full(caller); f != nil {
			t.Error(f)
		}
	})
}
