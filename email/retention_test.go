package email_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
)

const day = 24 * time.Hour

func keeping(logs, bodies time.Duration) change {
	return func(c *email.Config) { c.KeepLogs, c.KeepBodies = logs, bodies }
}

// exists says how many rows of a table belong to a message.
func (h *house) exists(table, column, id string) (n int) {
	h.t.Helper()
	h.row(`SELECT COUNT(*) FROM `+table+` WHERE `+column+` = $1`, []any{id}, &n)
	return n
}

func TestRetention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		call := h.call("a@x.test")
		call.Claim = &account.Claim{Account: h.account.ID, Route: email.Route, Key: "once", BodyHash: sha256.Sum256(nil)}
		old, err := h.service.Send(call)
		if err != nil {
			t.Fatal(err)
		}
		h.relay.answer = later
		waiting, cancelled := h.send("a@x.test"), h.send("a@x.test")
		if err := h.service.Cancel(ctx, "", cancelled); err != nil {
			t.Fatal(err)
		}
		h.service.Close(ctx)
		for _, id := range []string{"01800000-0000-7000-8000-000000000000", db.NewID()} { // of 2022, and of today
			h.exec(`INSERT INTO email_bodies (message_id, data, eight_bit, utf8) VALUES ($1, $2, FALSE, FALSE)`, id, []byte("x"))
		}
		h.exec(`INSERT INTO email_caps (name, day, used) VALUES ('relay/x', 1, 1)`)
		h.exec(`INSERT INTO email_relay_tests (id, relay, recipient, requested_at, outcome, reply) VALUES ('t', '', '', 1, '', '')`)
		now.pass(6 * day)
		s := operator(t, d, keeping(400*day, 7*day))
		sweep := func() {
			if err := s.SweepOld(ctx); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		if h.exists("email_messages", "id", old.Outcome.MessageID) != 1 || h.exists("email_bodies", "message_id", cancelled) != 1 {
			t.Error("what is young was removed")
		}
		var n int
		if h.row(`SELECT (SELECT COUNT(*) FROM idempotency_keys) + (SELECT COUNT(*) FROM email_caps WHERE day = 1) + (SELECT COUNT(*) FROM email_relay_tests)`, nil, &n); n != 0 {
			t.Errorf("%d forgotten rows are left", n)
		}
		now.pass(2 * day)
		sweep()
		if h.exists("email_bodies", "message_id", cancelled) != 0 || h.exists("email_bodies", "message_id", waiting) != 1 {
			t.Error("bodies after 8 days")
		}
		if n := h.exists("email_bodies", "message_id", "01800000-0000-7000-8000-000000000000"); n != 0 {
			t.Error("an old orphan is left")
		}
		now.pass(393 * day)
		sweep()
		for _, id := range []string{old.Outcome.MessageID, cancelled} {
			for table, column := range map[string]string{"email_messages": "id", "email_recipients": "message_id", "email_attempts": "message_id"} {
				if n := h.exists(table, column, id); n != 0 {
					t.Errorf("%d rows of %s after 401 days", n, table)
				}
			}
		}
		if h.exists("email_messages", "id", waiting) != 1 || h.exists("email_recipients", "message_id", waiting) != 1 || h.exists("email_bodies", "message_id", waiting) != 1 {
			t.Error("a queued message was touched")
		}
		var entries int
		if h.row(`SELECT COUNT(*) FROM credit_entries`, nil, &entries); entries != 5 { // a grant, three charges, a refund
			t.Errorf("%d entries of the ledger", entries)
		}
		h.sound()
	})
}

// An orphan that is young may be the body of a message that comes in a moment.
func TestRetentionLeavesYoungOrphans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := db.NewID()
		h.exec(`INSERT INTO email_bodies (message_id, data, eight_bit, utf8) VALUES ($1, $2, FALSE, FALSE)`, id, []byte("x"))
		if err := operator(t, d, keeping(day, 0)).SweepOld(context.Background()); err != nil {
			t.Fatal(err)
		}
		if h.exists("email_bodies", "message_id", id) != 1 {
			t.Error("it is gone")
		}
	})
}

// More than one step, with rows between that stay, and an end at the first that
// is young.
func TestRetentionGoesInSteps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		h.service.Close(ctx)
		h.queueMany(1100, now.ms.Load())
		h.exec(`UPDATE email_messages SET status = 'failed', due_at = NULL WHERE number < 1000 + 1050 AND number <> 1500`)
		now.pass(2 * day)
		if err := operator(t, d, keeping(day, day)).SweepOld(ctx); err != nil {
			t.Fatal(err)
		}
		var left, recipients int
		h.row(`SELECT COUNT(*) FROM email_messages`, nil, &left)
		h.row(`SELECT COUNT(*) FROM email_recipients`, nil, &recipients)
		if left != 51 || recipients != 102 {
			t.Errorf("%d messages and %d recipients are left", left, recipients)
		}
	})
}
