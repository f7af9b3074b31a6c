package sms

import (
	"context"
	"encoding/json"
	"time"

	"aviso/db"
	"aviso/queue"
	"aviso/transport"
)

// handed is a text that another node has handed to this one.
type handed struct {
	id      string
	gateway *Gateway
	letter  letter
}

// runHandovers takes up texts for the gateways that this node has links to.
func (s *Service) runHandovers(ctx context.Context) (time.Duration, error) {
	for _, g := range s.binders() {
		if g.Binder.Bound() == 0 {
			continue
		}
		taken, err := s.takeHandovers(ctx, g)
		if err != nil {
			return handoverPoll, err
		}
		for _, h := range taken {
			s.running.Go(func() { s.carryHanded(h) })
		}
	}
	return handoverPoll, nil
}

func (s *Service) takeHandovers(ctx context.Context, g *Gateway) (taken []handed, err error) {
	waits := false
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT EXISTS (SELECT 1 FROM sms_handovers WHERE gateway = $1 AND state = 'waiting')`, []any{g.Name}, &waits)
	})
	if err != nil || !waits {
		return nil, err
	}
	return taken, s.db.Write(ctx, func(tx *db.Tx) error {
		taken = taken[:0]
		now, err := tx.Now()
		if err != nil {
			return err
		}
		err = tx.Rows(`SELECT id, letter FROM sms_handovers WHERE gateway = $1 AND state = 'waiting' AND expires_at > $2 ORDER BY id LIMIT $3 {skip}`,
			[]any{g.Name, now, g.Places}, func(scan func(...any) error) error {
				h := handed{gateway: g}
				var text string
				if err := scan(&h.id, &text); err != nil {
					return err
				}
				taken = append(taken, h)
				return json.Unmarshal([]byte(text), &taken[len(taken)-1].letter)
			})
		for _, h := range taken {
			if err == nil {
				_, err = tx.Exec(`UPDATE sms_handovers SET state = $1 WHERE id = $2`, handedTaken, h.id)
			}
		}
		return err
	})
}

// carryHanded submits a text for another node, and leaves the verdicts in its
// row; if that node has given up by then, they are late answers.
func (s *Service) carryHanded(h handed) {
	ctx, cancel := context.WithTimeout(s.ctx, s.syncTimeout+s.restLasts)
	defer cancel()
	gate := s.gates[h.gateway.Name]
	if err := gate.Enter(ctx, h.letter.Account); err != nil {
		s.changeHandover(h.id, handedWithdrawn, handedTaken)
		return
	}
	defer gate.Leave(h.letter.Account)
	text := h.letter.text()
	started := false
	text.MayStart = func() bool {
		started = started || s.changeHandover(h.id, handedStarted, handedTaken)
		return started
	}
	report := h.gateway.Texter.Send(ctx, text)
	if !started {
		s.changeHandover(h.id, handedWithdrawn, handedTaken)
		return
	}
	if s.reportHandover(h.id, report) {
		return
	}
	for i, v := range report.Verdicts {
		err := s.Answered(ctx, &transport.LateAnswer{Gateway: h.gateway.Name, TextID: text.ID, Part: i, Verdict: v})
		if err != nil {
			s.log.Error("late answer not stored", "id", text.ID, "part", i, "error", err)
		}
	}
}

// reportHandover writes the verdicts into the row and says whether somebody
// waits for them.
func (s *Service) reportHandover(id string, report transport.TextReport) bool {
	text, err := json.Marshal(report)
	if err != nil {
		return false
	}
	ctx, cancel := s.handoverContext()
	defer cancel()
	var n int64
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(`UPDATE sms_handovers SET state = $1, report = $2 WHERE id = $3 AND state = $4`, handedDone, string(text), id, handedStarted)
		return err
	})
	if err != nil {
		s.log.Error("handover not reported", "id", id, "error", err)
	}
	return n > 0
}

// adoptHandovers takes the verdicts of texts whose own node died before it read
// them: they are late answers.
func (s *Service) adoptHandovers(ctx context.Context, now int64) error {
	type orphan struct{ id, gateway, letter, report string }
	var found []orphan
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT id, gateway, letter, report FROM sms_handovers WHERE state = $1 AND expires_at < $2 ORDER BY id LIMIT $3`,
			[]any{handedDone, now - s.restLasts.Milliseconds() - s.lease.Milliseconds(), queue.StepRows}, func(scan func(...any) error) error {
				var o orphan
				err := scan(&o.id, &o.gateway, &o.letter, &o.report)
				found = append(found, o)
				return err
			})
	})
	for _, o := range found {
		if err != nil {
			return err
		}
		var l letter
		var report transport.TextReport
		if json.Unmarshal([]byte(o.letter), &l) == nil && json.Unmarshal([]byte(o.report), &report) == nil {
			for i, v := range report.Verdicts {
				late := &transport.LateAnswer{Gateway: o.gateway, TextID: l.ID, Part: i, Verdict: v}
				if err = s.Answered(ctx, late); err != nil {
					return err
				}
			}
		}
		s.clearHandover(o.id)
	}
	return err
}
