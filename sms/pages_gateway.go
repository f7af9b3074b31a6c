package sms

import (
	"sync/atomic"
	"time"

	"aviso/db"
	"aviso/transport"
)

// hearing is when each gateway last said anything to this node.
type hearing struct {
	now func() time.Time
	at  map[string]*atomic.Int64 // by gateway, milliseconds UTC
}

func newHearing(gateways []*Gateway, now func() time.Time) *hearing {
	h := &hearing{now: now, at: map[string]*atomic.Int64{}}
	for _, g := range gateways {
		h.at[g.Name] = &atomic.Int64{}
	}
	return h
}

// from notes that a gateway has said something.
func (h *hearing) from(gateway string) {
	if at := h.at[gateway]; at != nil {
		at.Store(h.now().UnixMilli())
	}
}

// verdict notes what a submission came to, if the gateway spoke: it took
// something, or gave a code.
func (h *hearing) verdict(gateway string, r transport.TextReport) {
	if v := r.Verdicts[0]; v.Outcome == transport.Taken || v.Outcome == transport.Refused || v.Code != "" {
		h.from(gateway)
	}
}

// last is when a gateway last spoke; 0 if it has not since this node began.
func (h *hearing) last(gateway string) int64 {
	if at := h.at[gateway]; at != nil {
		return at.Load()
	}
	return 0
}

// reported counts the texts of a gateway that the network could have reported
// on in the last 24 hours, and those that it did.
type reported struct{ texts, reports int64 }

// percent is nil when there was no text.
func (r reported) percent() *float64 {
	if r.texts <= 0 {
		return nil
	}
	p := 100 * float64(r.reports) / float64(r.texts)
	return &p
}

func readReported(tx *db.Tx, now int64) (map[string]reported, error) {
	list := map[string]reported{}
	return list, tx.Rows(`SELECT gateway, `+recentSums+` FROM sms_recent WHERE period > $1 GROUP BY gateway`, []any{recentSince(now)},
		func(scan func(...any) error) error {
			var gateway string
			var accepted, received, delivered, undelivered, failed, unknown int64
			err := scan(&gateway, &accepted, &received, &delivered, &undelivered, &failed, &unknown)
			list[gateway] = reported{accepted - failed - unknown, delivered + undelivered}
			return err
		})
}
