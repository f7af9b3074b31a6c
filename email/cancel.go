package email

import (
	"context"

	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/fault"
)

// cancellation takes a queued message out of the queue and gives back what its
// waiting recipients cost.
type cancellation struct {
	s       *Service
	actor   string // the operator, for the audit log; "" for the owner
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
	_, err := s.cancelOne(ctx, account, &cancellation{s: s, id: id})
	return err
}

// CancelAs ends a queued message of any account by an operator's decision. It
// returns how many credits were refunded.
func (s *Service) CancelAs(ctx context.Context, actor, id string) (refunded int64, err error) {
	return s.cancelOne(ctx, "", &cancellation{s: s, id: id, actor: actor})
}

func (s *Service) cancelOne(ctx context.Context, account string, w *cancellation) (refunded int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := readLogged(tx, account, w.id)
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
	if err == nil {
		err = s.committer.Do(db.Settling, w)
	}
	switch {
	case err != nil:
		return 0, err
	case w.was == "":
		return 0, errNoMessage(w.id)
	case !w.done && w.was == Queued:
		return 0, fault.New(fault.Conflict, "NOT_QUEUED", "The message was tried again in this moment. Look where it stands now, and cancel it again.")
	case !w.done:
		return 0, wrongState("NOT_QUEUED", w.was, "a queued message can be cancelled")
	}
	s.log.Info("email cancelled", "id", w.id, "refunded", w.refund)
	s.moved(w.account, w.id, Cancelled, w.refund)
	return w.refund, nil
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
	if w.actor != "" {
		w.s.audits.Append(audit.Entry{Actor: w.actor, Action: "email.cancel", Subject: w.id}, now)
	}
}

// Weight implements db.Work.
func (w *cancellation) Weight() int { return 256 }
