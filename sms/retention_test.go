package sms_test

import (
	"context"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

func TestRetention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(c *sms.Config) { c.KeepLogs = 24 * time.Hour; c.Lease = time.Hour })
		old, young, busy := h.sendAs("hello", "1"), h.sendAs("hello", "2"), h.sendAs("hello", "3")
		h.receipt(transport.Receipt{ProviderID: "1", State: transport.Delivered})
		h.receipt(transport.Receipt{ProviderID: "2", State: transport.Delivered})
		h.receipt(transport.Receipt{ProviderID: "strange, and old"})
		h.receipt(transport.Receipt{ProviderID: "strange"})
		day := (25 * time.Hour).Milliseconds()
		h.exec(`UPDATE sms_messages SET created_at = created_at - $1 WHERE id IN ($2, $3)`, day, old, busy)
		h.exec(`UPDATE sms_messages SET status = 'sending', due_at = created_at + $1 WHERE id = $2`, 10*day, busy)
		h.exec(`UPDATE sms_receipts SET received_at = received_at - $1 WHERE provider_id LIKE '%old'`, 3*day)
		h.exec(`INSERT INTO sms_handovers (id, gateway, state, letter, report, created_at, expires_at) VALUES ('h', 'carrier', 'abandoned', '', '', 1, 1)`)
		if err := h.service.SweepOld(context.Background()); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int64{"sms_messages": 2, "sms_segments": 2, "sms_receipts": 2, "sms_handovers": 0} {
			if n := h.number(`SELECT COUNT(*) FROM ` + table); n != want {
				t.Errorf("%d rows of %s are left, not %d", n, table, want)
			}
		}
		h.is(young, sms.Delivered)
		h.is(busy, sms.Unknown) // as its caller was told
		h.credits(997)
	})
}

// The verdicts of a text whose own node died are not lost.
func TestVerdictsOfADeadNode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := h.sendAs("hello", "")
		h.exec(`INSERT INTO sms_handovers (id, gateway, state, letter, report, created_at, expires_at)
			VALUES ('h', 'carrier', 'done', '{"ID":"` + id + `"}', '{"Verdicts":[{"Outcome":1,"ProviderID":"p"}]}', 1, 1)`)
		if err := h.service.SweepOld(context.Background()); err != nil {
			t.Fatal(err)
		}
		if m := h.message(id); m.Status != sms.Sent || m.Segments[0].ProviderID != "p" || h.number(`SELECT COUNT(*) FROM sms_handovers`) != 0 {
			t.Errorf("%+v", m)
		}
	})
}
