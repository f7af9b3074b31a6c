package email

import (
	"context"

	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/fault"
)

// resolution settles the recipients of whom nobody knows whether the relay
// took them, as the operator has found out.
type resolution struct {
	s          *Service
	actor      string
	id         string
	account    string
	attempt    int64 // when its recipients were read
	recipients []recipient
	outcome    Status // Sent or Failed

	was    Status // "" when there is no such message
	became Status // "" when it was that before
	done   bool
	refund int64
}

// Settle says what became of the unknown recipients of a message that is over:
// Sent, or Failed, which refunds them. It returns how many credits that is.
func (s *Service) Settle(ctx context.Context, actor, id string, outcome Status) (refunded int64, err error) {
	if outcome != Sent && outcome != Failed {
		return 0, fault.Field("INVALID_REQUEST", "outcome", "The outcome must be sent or failed.")
	}
	w := &resolution{s: s, actor: actor, id: id, outcome: outcome}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := readLogged(tx, "", id)
		if err != nil {
			return err
		}
		w.account, w.attempt = m.Account, m.lease
		w.recipients, err = readRecipients(tx, id)
		return err
	})
	if err == nil {
		err = s.committer.Do(db.Settling, w)
	}
	switch {
	case err != nil:
	case w.was == "":
		err = errNoMessage(id)
	case !w.done:
		err = wrongState("NOT_UNKNOWN", w.was, "recipients whose fate is unknown can be settled, and it has none")
	default:
		s.moved(w.account, id, w.became, w.refund)
	}
	return w.refund, err
}

// Want implements db.Work.
func (w *resolution) Want() {
	w.s.messages.want(w.id)
	w.s.balances.Want(w.account, credit.Email)
}

// Decide implements db.Work.
func (w *resolution) Decide(now int64) {
	w.done, w.was, w.became, w.refund = false, "", "", 0
	m := w.s.messages.of(w.id)
	if m == nil {
		return
	}
	w.was = m.status
	if !m.status.Final() || m.attempt != w.attempt {
		return
	}
	unknown := int64(0)
	for i, r := range w.recipients {
		if r.state != RecipientUnknown {
			continue
		}
		unknown++
		if r.state = RecipientTaken; w.outcome == Failed {
			r.state = RecipientRefused
		}
		w.s.messages.verdict(w.id, i, &r)
	}
	if unknown == 0 {
		return
	}
	// A lease of its own, since refunds are numbered by them.
	m.attempt++
	if w.outcome == Failed {
		w.refund = unknown * m.price
		w.s.refund(m, w.refund, now)
	}
	if canBecome(m.status, w.outcome) {
		m.status, w.became = w.outcome, w.outcome
		if w.outcome == Sent {
			m.sentAt = now
		}
	}
	m.changed, w.done = true, true
	w.s.audits.Append(audit.Entry{Actor: w.actor, Action: "email.settle", Subject: w.id, Detail: string(w.outcome)}, now)
}

// Weight implements db.Work.
func (w *resolution) Weight() int { return 256 }
