package email

import (
	"context"
	"fmt"
	"time"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
	"aviso/transport"
)

// RelayTest is one message sent through one relay because the operator wants
// to see what becomes of it. It costs no credits and is in nobody's log. Only a
// server has connections, so a test is a row that one takes up, whichever
// process has asked for it.
type RelayTest struct {
	ID         string
	Relay      string
	Recipient  string
	TakenAt    int64  // when a server took it up, milliseconds UTC; 0 if none has
	FinishedAt int64  // 0 while it runs
	Outcome    string // of transport.Outcome: taken, refused, later or unknown
	Reply      string // the relay's words, or why there are none
}

const (
	testLook    = time.Second            // how often a server looks for tests
	testLasts   = 30 * time.Second       // how long one may take
	testStale   = time.Minute            // one that is older has nobody who waits for it
	testPoll    = 100 * time.Millisecond // how often who waits looks for the outcome
	testsAtOnce = 4
)

// TestRelay has a server send a small message through a relay, from the
// installation's sender, and waits for the outcome: for a server to take it up
// as long as patience, then for the test to end.
func (s *Service) TestRelay(ctx context.Context, actor, relay, to string, patience time.Duration) (RelayTest, error) {
	t, err := s.requestTest(ctx, actor, relay, to)
	if err != nil {
		return t, err
	}
	s.tests.Wake()
	taken, err := s.awaitTest(ctx, &t, patience, func() bool { return t.TakenAt != 0 })
	if err == nil && !taken {
		var withdrawn int64
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			withdrawn, err = tx.Exec(`DELETE FROM email_relay_tests WHERE id = $1 AND taken_at IS NULL`, t.ID)
			return err
		})
		if withdrawn > 0 {
			return t, fault.New(fault.Unavailable, "UNAVAILABLE",
				fmt.Sprintf("No server took the test up within %s. Does `aviso serve` run with this database and this relay?", patience))
		}
	}
	if err != nil {
		return t, err
	}
	finished, err := s.awaitTest(ctx, &t, testLasts+5*time.Second, func() bool { return t.FinishedAt != 0 })
	if err == nil && !finished {
		err = fault.New(fault.Unavailable, "UNAVAILABLE", "A server took the test up and did not finish it; it may have been stopped.")
	}
	return t, err
}

func (s *Service) requestTest(ctx context.Context, actor, relay, to string) (RelayTest, error) {
	if _, err := s.known(relay); err != nil {
		return RelayTest{}, err
	}
	mailbox, err := ParseAddress(to)
	if err != nil {
		return RelayTest{}, fault.Field("INVALID_ADDRESS", "to", err.Error())
	}
	t := RelayTest{ID: db.NewID(), Relay: relay, Recipient: mailbox.Address}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO email_relay_tests (id, relay, recipient, requested_at, outcome, reply) VALUES ($1, $2, $3, $4, '', '')`,
			t.ID, t.Relay, t.Recipient, now)
		if err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "relay.test", Subject: relay, Detail: t.Recipient})
	})
	return t, err
}

// awaitTest reads a test again and again until done, or until patience is over.
func (s *Service) awaitTest(ctx context.Context, t *RelayTest, patience time.Duration, done func() bool) (bool, error) {
	tick := time.NewTicker(testPoll)
	defer tick.Stop()
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT COALESCE(taken_at, 0), COALESCE(finished_at, 0), outcome, reply FROM email_relay_tests WHERE id = $1`,
				[]any{t.ID}, &t.TakenAt, &t.FinishedAt, &t.Outcome, &t.Reply)
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

// runTests takes up tests of the relays that this node has. A test may be slow,
// and the next one must not wait for it.
func (s *Service) runTests(ctx context.Context) (time.Duration, error) {
	found, err := s.takeTests(ctx)
	for _, t := range found {
		s.testing.Add(1)
		s.running.Go(func() {
			defer s.testing.Add(-1)
			s.runTest(ctx, t)
		})
	}
	return testLook, err
}

func (s *Service) takeTests(ctx context.Context) (taken []RelayTest, err error) {
	var found []RelayTest
	var now int64
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		return tx.Rows(`SELECT id, relay, recipient FROM email_relay_tests WHERE taken_at IS NULL AND requested_at > $1 ORDER BY id LIMIT $2`,
			[]any{now - testStale.Milliseconds(), testsAtOnce - s.testing.Load()}, func(scan func(...any) error) error {
				var t RelayTest
				err := scan(&t.ID, &t.Relay, &t.Recipient)
				if s.relay(t.Relay) != nil {
					found = append(found, t)
				}
				return err
			})
	})
	for _, t := range found {
		if err != nil {
			break
		}
		var mine int64
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			mine, err = tx.Exec(`UPDATE email_relay_tests SET taken_at = $1 WHERE id = $2 AND taken_at IS NULL`, now, t.ID)
			return err
		})
		if err == nil && mine > 0 {
			taken = append(taken, t)
		}
	}
	return taken, err
}

// runTest sends the message and writes down what became of it, also when the
// server is told to stop meanwhile.
func (s *Service) runTest(ctx context.Context, t RelayTest) {
	sending, cancel := context.WithTimeout(ctx, testLasts)
	defer cancel()
	v := s.sendTest(sending, t)
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := s.db.Write(writing, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE email_relay_tests SET finished_at = $1, outcome = $2, reply = $3 WHERE id = $4`, now, v.Outcome.String(), v.Text, t.ID)
		return err
	})
	if err != nil {
		s.log.Error("the outcome of a relay test was not stored", "relay", t.Relay, "error", err)
	}
	s.log.Info("relay tested", "relay", t.Relay, "outcome", v.Outcome.String(), "reply", v.Text)
}

func (s *Service) sendTest(ctx context.Context, t RelayTest) transport.Verdict {
	d, f := NewDraft(&Request{To: []string{t.Recipient}, Subject: "Test of the relay " + t.Relay,
		Text: "Aviso sent this through its relay " + t.Relay + ", because its operator asked for a test.\n"}, Limits{BodyBytes: 1000, Recipients: 1})
	if f != nil {
		return transport.Verdict{Outcome: transport.Refused, Text: f.Message}
	}
	from := InstallationSender(s.domain)
	c := d.Compose(Heading{From: from, MessageID: s.messageID(t.ID), Date: s.now()})
	return s.relay(t.Relay).Mailer.Send(ctx, &transport.Mail{ID: t.ID, From: from, To: []string{d.Recipients[0].Wire}, Data: c.Data,
		EightBit: c.EightBit, UTF8: c.UTF8}).Verdicts[0]
}
