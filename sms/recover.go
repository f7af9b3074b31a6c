package sms

import (
	"context"
	"sync"

	"aviso/credit"
	"aviso/db"
)

// recovery decides over a text whose lease has run out: its node died, or could
// not write down what became of it (contract, SMS, "Ten seconds"). It is never
// submitted again.
type recovery struct {
	s       *Service
	id      string
	account string
	attempt int64
	force   bool // do not wait for the lease: the holder is known to be gone

	status   Status // what the text became; "" when it was settled meanwhile
	refunded int64
}

// Want implements db.Work.
func (w *recovery) Want() {
	w.s.messages.want(w.id)
	w.s.balances.Want(w.account, credit.SMS)
}

// Decide implements db.Work.
func (w *recovery) Decide(now int64) {
	w.status, w.refunded = "", 0
	s, m := w.s, w.s.messages.of(w.id)
	if m == nil || m.status != Sending || m.attempt != w.attempt || m.dueAt > now && !w.force {
		return
	}
	m.dueAt, m.changed = 0, true
	m.lastError = "the server stopped before the gateway's answer was stored; it may have taken the text"
	if m.answered {
		m.status = Unknown
	} else {
		m.status = Interrupted
		w.refunded = s.refund(m, now)
		s.claims.Interrupt(m.id)
	}
	// Its segments are kept as unknown, so that receipts find them.
	n := int(m.segments)
	if g := s.gateway(m.gateway); g != nil && g.Whole {
		n = 1
	}
	for _, g := range unknownSegments(m, n, m.createdAt) {
		s.segments.insert(g)
	}
	w.status = m.status
}

// Weight implements db.Work.
func (w *recovery) Weight() int { return 256 }

// recoverAtMost bounds one sweep; what is left comes in the next.
const recoverAtMost = 200

// recover takes over what dead nodes left behind.
func (s *Service) recover(ctx context.Context) error {
	_, err := s.sweep(ctx, false)
	return err
}

// takeOverAll decides over everything that is still sending, leases or not.
func (s *Service) takeOverAll(ctx context.Context) error {
	for {
		n, err := s.sweep(ctx, true)
		if err != nil || n < recoverAtMost {
			return err
		}
	}
}

func (s *Service) sweep(ctx context.Context, force bool) (int, error) {
	var lost []*recovery
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		before, err := tx.Now()
		if err != nil {
			return err
		}
		if force {
			before = 1 << 62
		}
		return tx.Rows(`SELECT id, account_id, attempt FROM sms_messages WHERE status = 'sending' AND due_at <= $1 ORDER BY due_at LIMIT $2`,
			[]any{before, recoverAtMost}, func(scan func(...any) error) error {
				w := &recovery{s: s, force: force}
				lost = append(lost, w)
				return scan(&w.id, &w.account, &w.attempt)
			})
	})
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	for _, w := range lost {
		all.Go(func() {
			if err := s.committer.Do(db.Settling, w); err != nil {
				s.log.Error("text not recovered", "id", w.id, "error", err)
			} else if w.status != "" {
				s.log.Warn("text recovered", "id", w.id, "status", w.status)
				s.moved(w.account, w.id, w.status, w.refunded)
				s.rematch(w.id)
			}
		})
	}
	all.Wait()
	return len(lost), nil
}
