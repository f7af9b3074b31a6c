package email

import (
	"context"
	"fmt"

	"aviso/credit"
	"aviso/db"
	"aviso/fault"
)

// cancellation takes a queued message out of the queue and gives back what its
// waiting recipients cost.
type cancellation struct {
	s       *Service
	id      string
	account string
	attempt int64 // when its recipients were counted
	waiting int64

	was    Status // "" when there is no such message
	done   bool
	refund int64
}

// Cancel ends a queued message. An account other than "" must own it. One that
// is not queued is a Conflict that says where it stands.
func (s *Service) Cancel(ctx context.Context, account, id string) error {
	w := &cancellation{s: s, id: id}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := readLogged(tx, account, id)
		if err != nil {
			return err
		}
		w.account, w.attempt = m.Account, m.lease
		for _, r := range m.Recipients {
			if r.State == RecipientWaiting {
				w.waiting++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.committer.Do(db.Settling, w); err != nil {
		return err
	}
	if !w.done && w.was == Queued {
		return fault.New(fault.Conflict, "NOT_QUEUED", "The message was tried again in this moment. Look where it stands now, and cancel it again.")
	}
	if !w.done {
		return fault.New(fault.Conflict, "NOT_QUEUED", fmt.Sprintf("The message is %s; only a queued message can be cancelled.", w.was))
	}
	s.log_.Info("email cancelled", "id", id, "refunded", w.refund)
	return nil
}

// Want implements db.Work.
func (w *cancellation) Want() {
	w.s.messages.want(w.id)
	w.s.balances.Want(w.account, credit.Email)
}

// Decide implements db.Work.
func (w *cancellation) Decide(now int64) {
	w.done, w.was = false, ""
	m := w.s.messages.of(w.id)
	if m == nil {
		return
	}
	w.was = m.status
	if !canBecome(m.status, Cancelled) || m.attempt != w.attempt {
		return
	}
	// A lease of its own, since refunds are numbered by them.
	m.attempt++
	w.refund = w.waiting * m.price
	w.s.refund(m, w.refund, now)
	m.status, m.dueAt, m.waitsFor, m.changed, w.done = Cancelled, 0, "", true, true
}

// Weight implements db.Work.
func (w *cancellation) Weight() int { return 256 }

// Landed implements db.Work.
func (w *cancellation) Landed(tx *db.Tx) (bool, error) {
	var status string
	err := tx.Row(`SELECT status FROM email_messages WHERE id = $1`, []any{w.id}, &status)
	return Status(status) == Cancelled, err
}
