package api_test

import (
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/transport/smtprelay/smtptest"
)

func (h *house) hold(t *testing.T) {
	t.Helper()
	h.exec(t, `INSERT INTO sending_holds (scope, held_at, reason) VALUES ($1, $2, $3)`, "email", h.database.Load(), "test")
}

func (h *house) release(t *testing.T) {
	t.Helper()
	h.exec(t, `DELETE FROM sending_holds`)
}

// While sending is held messages are promised and charged, and nothing leaves;
// afterwards all of it does.
func TestHold(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		queued := c.send(t, hello(mail{"to": "before@x.test"}).json())
		queued.is(t, 202, "", "")
		h.relays[0].says(nil)
		h.hold(t)
		r := row{body: hello().json(), header: key("k"), status: 202, data: mail{"status": "queued", "recipients": 1, "creditsCharged": 1, "retryHint": holdHint}, ledger: []int64{-1}, messages: 1}
		held := r.check(t, c)
		c.replays(t, held, r.body, r.header)
		c.later(t, time.Hour)
		r.header = nil
		still := r.check(t, c)
		if n := h.relays[0].Count("MAIL"); n != 1 {
			t.Errorf("while it was held the relay was tried %d times", n-1)
		}
		h.release(t)
		c.later(t, time.Minute)
		for _, a := range []*answer{queued, held, still} {
			c.await(t, "email sent", a.id())
		}
		if got := asJSON(c.ledger(t)); got != "[10,-1,-1,-1]" || len(h.relayed()) != 3 {
			t.Errorf("the ledger is %s, relayed %v", got, h.relayed())
		}
	})
}

// A paused relay is passed over; when every one is, messages wait.
func TestPausedRelay(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first"}, {name: "second"}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.exec(t, `INSERT INTO email_relays (name, paused_at) VALUES ($1, $2)`, "first", h.database.Load())
		r := row{body: hello().json(), status: 200, ledger: []int64{-1}, messages: 1, relayed: []string{"second ada@example.com"}}
		r.check(t, c)
		h.exec(t, `INSERT INTO email_relays (name, paused_at) VALUES ($1, $2)`, "second", h.database.Load())
		r = row{body: hello().json(), status: 202, data: mail{"retryHint": unavailableHint}, ledger: []int64{-1}, messages: 1}
		waits := r.check(t, c)
		h.exec(t, `UPDATE email_relays SET paused_at = NULL`)
		c.later(t, time.Minute)
		c.await(t, "email sent", waits.id())
	})
}

// The queued mail of a suspended account is held, and nobody else's.
func TestSuspendedQueue(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		bad, good := h.customer(t, 10), h.customer(t, 10)
		held, kept := bad.send(t, hello(mail{"to": "held@x.test"}).json()), good.send(t, hello(mail{"to": "kept@x.test"}).json())
		h.relays[0].says(nil)
		bad.suspend(t)
		h.later(t, time.Hour)
		h.await(t, "email sent", kept.id())
		if got := asJSON(h.relayed()); got != `["primary kept@x.test"]` {
			t.Errorf("relayed %s", got)
		}
		h.write(t, func(tx *db.Tx) error {
			_, err := account.Unsuspend(tx, "test", bad.account)
			return err
		})
		h.later(t, time.Minute)
		h.await(t, "email sent", held.id())
		if got := asJSON(bad.ledger(t)); got != "[10,-1]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}
