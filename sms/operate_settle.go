package sms

import (
	"context"
	"fmt"
	"sync"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// settleAtOnce is how many texts are settled together: they fill one batch of
// the committer and leave room in it for others.
const settleAtOnce = 200

// settleAtMost bounds one call.
const settleAtMost = 10_000

// Settled is what became of one text that the operator wanted settled.
type Settled struct {
	ID       string
	Refunded int64        // credits
	Fault    *fault.Error // why it was not; nil if it was
}

// Settle says what became of texts of which nobody knows: Sent, or Failed,
// which refunds them. Each has its own outcome, in the order of ids; the error
// is about the call as a whole.
func (s *Service) Settle(ctx context.Context, actor string, ids []string, outcome Status) ([]Settled, error) {
	if outcome != Sent && outcome != Failed {
		return nil, fault.Field("INVALID_REQUEST", "outcome", "The outcome must be sent or failed.")
	}
	if len(ids) > settleAtMost {
		return nil, fault.Field("INVALID_REQUEST", "ids", fmt.Sprintf("At most %d texts can be settled in one call.", settleAtMost))
	}
	settled := make([]Settled, len(ids))
	for i := 0; i < len(ids); i += settleAtOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step := ids[i:min(i+settleAtOnce, len(ids))]
		if err := s.settleTogether(ctx, actor, step, outcome, settled[i:]); err != nil {
			return nil, err
		}
	}
	return settled, nil
}

var ownersOfTexts = db.NewMany(`SELECT id, account_id FROM sms_messages WHERE direction = 'out' AND id IN ({{$1}})`)

func (s *Service) settleTogether(ctx context.Context, actor string, ids []string, outcome Status, settled []Settled) error {
	accounts := map[string]string{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var args []any
		for _, id := range ids {
			if db.IsID(id) {
				args = append(args, id)
			}
		}
		return tx.Each(ownersOfTexts, args, func(scan func(...any) error) error {
			var id, account string
			err := scan(&id, &account)
			accounts[id] = account
			return err
		})
	})
	if err != nil {
		return err
	}
	failed := make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		settled[i].ID = id
		account, ok := accounts[id]
		if !ok {
			settled[i].Fault = errNoText(id)
			continue
		}
		all.Go(func() {
			w := &resolution{s: s, actor: actor, id: id, account: account, outcome: outcome}
			if failed[i] = s.committer.Do(db.Settling, w); failed[i] != nil {
				return
			}
			settled[i].Refunded, settled[i].Fault = w.refunded, w.fault
			if w.fault == nil {
				s.moved(account, id, outcome, w.refunded)
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// resolution settles one text as the operator has found out.
type resolution struct {
	s       *Service
	actor   string
	id      string
	account string
	outcome Status // Sent or Failed

	fault    *fault.Error
	refunded int64
}

// Want implements db.Work.
func (w *resolution) Want() { w.s.wantText(w.id, w.account) }

// Decide implements db.Work.
func (w *resolution) Decide(now int64) {
	w.fault, w.refunded = nil, 0
	s := w.s
	m := s.messages.of(w.id)
	switch {
	case m == nil:
		w.fault = errNoText(w.id)
		return
	case m.status != Unknown:
		w.fault = fault.New(fault.Conflict, "NOT_UNKNOWN", fmt.Sprintf("The text is %s; only one whose fate is unknown can be settled.", m.status))
		return
	}
	state := SegmentTaken
	if w.outcome == Failed {
		state = SegmentRefused
		w.refunded = s.refund(m, now)
		m.doneAt = now
	} else {
		m.sentAt = now
		s.totals.sent(m.segments)
	}
	for _, g := range s.segments.of(w.id) {
		if g.state == SegmentUnknown || g.state == SegmentWaiting {
			g.state, g.changed = state, true
		}
	}
	m.status, m.changed = w.outcome, true
	s.audits.Append(audit.Entry{Actor: w.actor, Action: "sms.settle", Subject: w.id, Detail: string(w.outcome)}, now)
}

// Weight implements db.Work.
func (w *resolution) Weight() int { return 256 }
