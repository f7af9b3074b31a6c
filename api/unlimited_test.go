package api_test

import (
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// While the 30-day tier is active nothing is charged, refunded or written into
// the ledger.
func TestUnlimitedTier(t *testing.T) {
	tier := func(t *testing.T, c *customer) { c.buyUnlimited(t) }
	after := func(d time.Duration) func(*testing.T, *customer) {
		return func(t *testing.T, c *customer) {
			c.buyUnlimited(t)
			c.advance(d)
		}
	}
	const month = 30 * 24 * time.Hour
	pa, pb, pc := "primary a@x.test", "primary b@x.test", "primary c@x.test"
	rows := []struct {
		script smtptest.Script
		row
	}{
		{nil, row{name: "taken", credits: -1, arrange: tier, status: 200, data: mail{"recipients": 3, "creditsCharged": 0}, relayed: []string{pa, pb, pc}}},
		{nil, row{name: "with credits", arrange: tier, status: 200, data: mail{"recipients": 3, "creditsCharged": 0}, relayed: []string{pa, pb, pc}}},
		{smtptest.Script{"RCPT b@x.test": says("550 no")}, row{name: "partly refused", arrange: tier, status: 200, data: mail{"recipients": 2, "creditsCharged": 0}, relayed: []string{pa, pc}}},
		{smtptest.Script{"RCPT": says("550 no")}, row{name: "refused", arrange: tier, status: 502, code: "SMTP_FAILURE"}},
		{nil, row{name: "in its last millisecond", credits: -1, arrange: after(month - time.Millisecond), status: 200, data: mail{"creditsCharged": 0}, relayed: []string{pa, pb, pc}}},
		{nil, row{name: "over", arrange: after(month), status: 200, data: mail{"creditsCharged": 3}, ledger: []int64{-3}, relayed: []string{pa, pb, pc}}},
		{nil, row{name: "over, without credits", credits: -1, arrange: after(month), status: 402, code: "INSUFFICIENT_CREDITS"}},
		{nil, row{name: "bought twice", credits: -1, arrange: both(tier, after(2*month-time.Millisecond)), status: 200, data: mail{"creditsCharged": 0}, relayed: []string{pa, pb, pc}}},
		// The last, since it waits in the queue.
		{smtptest.Script{"RCPT": says("450 no")}, row{name: "later", arrange: tier, status: 202, data: mail{"recipients": 3, "creditsCharged": 0}}},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				h.relays[0].says(r.script)
				r.body = three
				if r.status != 402 {
					r.messages = 1
				}
				r.run(t, h)
			})
		}
	})
}
