package nexthop

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
	"aviso/queue"
	"aviso/transport"
)

// Test is one message sent through one next hop because the operator wants to see
// what becomes of it. It costs no credits and is in nobody's log. Only a server
// has connections, so a test is a row that one takes up, whichever process has
// asked for it.
type Test struct {
	ID         string
	NextHop    string
	Recipient  string
	TakenAt    int64  // when a server took it up, milliseconds UTC; 0 if none has
	FinishedAt int64  // 0 while it runs
	Outcome    string // of transport.Outcome: taken, refused, later or unknown
	Reply      string // its words, or why there are none
}

const (
	testLook    = time.Second            // how often a server looks for tests
	testLasts   = 30 * time.Second       // how long one may take
	testStale   = time.Minute            // one that is older has nobody who waits for it
	testPoll    = 100 * time.Millisecond // how often who waits looks for the outcome
	testsAtOnce = 4
)

// Tester asks for the tests of one kind of next hops, and runs them where there
// are connections.
type Tester struct {
	// Loop takes tests up, on a server.
	Loop *queue.Loop

	kind    Kind
	db      *db.DB
	log     *slog.Logger
	here    func(name string) bool
	send    func(context.Context, Test) (transport.Outcome, string)
	running sync.WaitGroup
	atOnce  atomic.Int32
}

// NewTester returns a Tester. Here says whether this process has connections to
// a next hop now, and send sends a test's message and returns what became of it,
// with the next hop's words on one line.
func NewTester(k Kind, d *db.DB, log *slog.Logger, here func(name string) bool, send func(context.Context, Test) (transport.Outcome, string)) *Tester {
	t := &Tester{kind: k, db: d, log: log, here: here, send: send}
	t.Loop = queue.NewLoop(k.name+" tests", 5*time.Second, log, t.take)
	return t
}

// Wait returns when no test runs. The Loop must have ended.
func (t *Tester) Wait() { t.running.Wait() }

// Try has a server send a small message through a next hop, and waits for the
// outcome: for a server to take the test up as long as patience, then for it to
// end. UNAVAILABLE is answered when none does.
func (t *Tester) Try(ctx context.Context, actor, name, recipient string, patience time.Duration) (Test, error) {
	test, err := t.request(ctx, actor, name, recipient)
	if err != nil {
		return test, err
	}
	t.Loop.Wake()
	taken, err := t.await(ctx, &test, patience, func() bool { return test.TakenAt != 0 })
	if err == nil && !taken {
		var withdrawn int64
		err = t.db.Write(ctx, func(tx *db.Tx) (err error) {
			withdrawn, err = tx.Exec(`DELETE FROM `+t.kind.tests+` WHERE id = $1 AND taken_at IS NULL`, test.ID)
			return err
		})
		if withdrawn > 0 {
			return test, fault.New(fault.Unavailable, "UNAVAILABLE",
				fmt.Sprintf("No server took the test up within %s. Does `aviso serve` run with this database and this %s?", patience, t.kind.name))
		}
	}
	if err != nil {
		return test, err
	}
	finished, err := t.await(ctx, &test, testLasts+5*time.Second, func() bool { return test.FinishedAt != 0 })
	if err == nil && !finished {
		err = fault.New(fault.Unavailable, "UNAVAILABLE", "A server took the test up and did not finish it; it may have been stopped.")
	}
	return test, err
}

func (t *Tester) request(ctx context.Context, actor, name, recipient string) (Test, error) {
	test := Test{ID: db.NewID(), NextHop: name, Recipient: recipient}
	return test, t.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO `+t.kind.tests+` (id, `+t.kind.name+`, recipient, requested_at, outcome, reply) VALUES ($1, $2, $3, $4, '', '')`,
			test.ID, name, recipient, now)
		if err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: t.kind.name + ".test", Subject: name, Detail: recipient})
	})
}

// await reads a test again and again until done, or until patience is over.
func (t *Tester) await(ctx context.Context, test *Test, patience time.Duration, done func() bool) (bool, error) {
	tick := time.NewTicker(testPoll)
	defer tick.Stop()
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		err := t.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT COALESCE(taken_at, 0), COALESCE(finished_at, 0), outcome, reply FROM `+t.kind.tests+` WHERE id = $1`,
				[]any{test.ID}, &test.TakenAt, &test.FinishedAt, &test.Outcome, &test.Reply)
		})
		if err != nil || done() {
			return err == nil, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-over.C:
			return false, nil
		case <-tick.C:
		}
	}
}

// take takes up tests of the next hops that are here. One may be slow, and the
// next must not wait for it.
func (t *Tester) take(ctx context.Context) (time.Duration, error) {
	tests, err := t.waiting(ctx)
	for _, test := range tests {
		t.atOnce.Add(1)
		t.running.Go(func() {
			defer t.atOnce.Add(-1)
			t.run(ctx, test)
		})
	}
	return testLook, err
}

func (t *Tester) waiting(ctx context.Context) (taken []Test, err error) {
	var found []Test
	var now int64
	err = t.db.Read(ctx, func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		return tx.Rows(`SELECT id, `+t.kind.name+`, recipient FROM `+t.kind.tests+` WHERE taken_at IS NULL AND requested_at > $1 ORDER BY id LIMIT $2`,
			[]any{now - testStale.Milliseconds(), testsAtOnce - t.atOnce.Load()}, func(scan func(...any) error) error {
				var test Test
				err := scan(&test.ID, &test.NextHop, &test.Recipient)
				if t.here(test.NextHop) {
					found = append(found, test)
				}
				return err
			})
	})
	for _, test := range found {
		if err != nil {
			break
		}
		var mine int64
		err = t.db.Write(ctx, func(tx *db.Tx) (err error) {
			mine, err = tx.Exec(`UPDATE `+t.kind.tests+` SET taken_at = $1 WHERE id = $2 AND taken_at IS NULL`, now, test.ID)
			return err
		})
		if err == nil && mine > 0 {
			taken = append(taken, test)
		}
	}
	return taken, err
}

// run sends the message and writes down what became of it, also when the server
// is told to stop meanwhile.
func (t *Tester) run(ctx context.Context, test Test) {
	sending, cancel := context.WithTimeout(ctx, testLasts)
	defer cancel()
	outcome, reply := t.send(sending, test)
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := t.db.Write(writing, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE `+t.kind.tests+` SET finished_at = $1, outcome = $2, reply = $3 WHERE id = $4`, now, outcome.String(), reply, test.ID)
		return err
	})
	if err != nil {
		t.log.Error("the outcome of a "+t.kind.name+" test was not stored", t.kind.name, test.NextHop, "error", err)
	}
	t.log.Info(t.kind.name+" tested", t.kind.name, test.NextHop, "outcome", outcome.String(), "reply", reply)
}
