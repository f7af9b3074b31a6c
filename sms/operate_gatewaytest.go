package sms

import (
	"context"
	"fmt"
	"time"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
	"aviso/transport"
)

// GatewayTest is one text sent through one gateway because the operator wants
// to see what becomes of it. It costs no credits and is in nobody's log. Only a
// server has connections, so a test is a row that one takes up, whichever
// process has asked for it.
type GatewayTest struct {
	ID         string
	Gateway    string
	Recipient  string
	TakenAt    int64  // when a server took it up, milliseconds UTC; 0 if none has
	FinishedAt int64  // 0 while it runs
	Outcome    string // of transport.Outcome: taken, refused, later or unknown
	Reply      string // the gateway's words, or why there are none
}

const (
	testLook    = time.Second            // how often a server looks for tests
	testLasts   = 30 * time.Second       // how long one may take
	testStale   = time.Minute            // one that is older has nobody who waits for it
	testPoll    = 100 * time.Millisecond // how often who waits looks for the outcome
	testsAtOnce = 4
)

// TestGateway has a server send a small text through a gateway, from that
// gateway's sender, and waits for the outcome: for a server to take it up
// as long as patience, then for the test to end.
func (s *Service) TestGateway(ctx context.Context, actor, gateway, to string, patience time.Duration) (GatewayTest, error) {
	t, err := s.requestTest(ctx, actor, gateway, to)
	if err != nil {
		return t, err
	}
	s.tests.Wake()
	taken, err := s.awaitTest(ctx, &t, patience, func() bool { return t.TakenAt != 0 })
	if err == nil && !taken {
		var withdrawn int64
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			withdrawn, err = tx.Exec(`DELETE FROM sms_gateway_tests WHERE id = $1 AND taken_at IS NULL`, t.ID)
			return err
		})
		if withdrawn > 0 {
			return t, fault.New(fault.Unavailable, "UNAVAILABLE",
				fmt.Sprintf("No server took the test up within %s. Does `aviso serve` run with this database and this gateway?", patience))
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

func (s *Service) requestTest(ctx context.Context, actor, gateway, to string) (GatewayTest, error) {
	if _, err := s.known(gateway); err != nil {
		return GatewayTest{}, err
	}
	number, f := ParseNumber(to)
	if f != nil {
		f.Field = "to"
		return GatewayTest{}, f
	}
	t := GatewayTest{ID: db.NewID(), Gateway: gateway, Recipient: number}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO sms_gateway_tests (id, gateway, recipient, requested_at, outcome, reply) VALUES ($1, $2, $3, $4, '', '')`,
			t.ID, t.Gateway, t.Recipient, now)
		if err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "gateway.test", Subject: gateway, Detail: t.Recipient})
	})
	return t, err
}

// awaitTest reads a test again and again until done, or until patience is over.
func (s *Service) awaitTest(ctx context.Context, t *GatewayTest, patience time.Duration, done func() bool) (bool, error) {
	tick := time.NewTicker(testPoll)
	defer tick.Stop()
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT COALESCE(taken_at, 0), COALESCE(finished_at, 0), outcome, reply FROM sms_gateway_tests WHERE id = $1`,
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

// runTests takes up tests of the gateways that this node has. A test may be slow,
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

func (s *Service) takeTests(ctx context.Context) (taken []GatewayTest, err error) {
	var found []GatewayTest
	var now int64
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		return tx.Rows(`SELECT id, gateway, recipient FROM sms_gateway_tests WHERE taken_at IS NULL AND requested_at > $1 ORDER BY id LIMIT $2`,
			[]any{now - testStale.Milliseconds(), testsAtOnce - s.testing.Load()}, func(scan func(...any) error) error {
				var t GatewayTest
				err := scan(&t.ID, &t.Gateway, &t.Recipient)
				if g := s.gateway(t.Gateway); g != nil && g.here() {
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
			mine, err = tx.Exec(`UPDATE sms_gateway_tests SET taken_at = $1 WHERE id = $2 AND taken_at IS NULL`, now, t.ID)
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
func (s *Service) runTest(ctx context.Context, t GatewayTest) {
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
		_, err = tx.Exec(`UPDATE sms_gateway_tests SET finished_at = $1, outcome = $2, reply = $3 WHERE id = $4`, now, v.Outcome.String(), oneLine(v.Text), t.ID)
		return err
	})
	if err != nil {
		s.log.Error("the outcome of a gateway test was not stored", "gateway", t.Gateway, "error", err)
	}
	s.log.Info("gateway tested", "gateway", t.Gateway, "outcome", v.Outcome.String(), "reply", v.Text)
}

func (s *Service) sendTest(ctx context.Context, t GatewayTest) transport.TextVerdict {
	g := s.gateway(t.Gateway)
	text := &transport.Text{ID: t.ID, From: s.senderOf(g), To: t.Recipient, Reference: uint16(s.references.Add(1)),
		Content: "Aviso sent this through its gateway " + t.Gateway + ", because its operator asked for a test."}
	text.Encoding, text.Parts = Split(text.Content, g.Wide)
	text.PartReferences = references(t.ID, len(text.Parts))
	return g.Texter.Send(ctx, text).Verdicts[0]
}
