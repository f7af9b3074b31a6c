package email

import (
	"context"
	"sync"

	"aviso/credit"
	"aviso/db"
	"aviso/transport"
)

// recovery decides over a message whose lease has run out: its node died, or
// could not write down what became of it (contract, "Interrupted").
type recovery struct {
	s          *Service
	id         string
	account    string
	attempt    int64
	sender     string
	reserved   int64 // day of its places under caps; 0 if it has none
	recipients []recipient
	force      bool // do not wait for the lease: the holder is known to be gone

	status   Status // what the message became; "" when it was settled meanwhile
	refunded int64
}

// Want implements db.Work.
func (w *recovery) Want() {
	w.s.messages.want(w.id)
	w.s.balances.Want(w.account, credit.Email)
	if w.reserved != 0 {
		w.s.wantCaps(w.sender, true, w.reserved)
	}
}

// Decide implements db.Work.
func (w *recovery) Decide(now int64) {
	w.status, w.refunded = "", 0
	m := w.s.messages.of(w.id)
	if m == nil || m.status != Sending || m.attempt != w.attempt || m.dueAt > now && !w.force {
		return
	}
	m.changed = true
	switch {
	case !m.promised:
		w.refunded = m.charged - m.refunded
		w.s.refund(m, w.refunded, now)
		m.status, m.dueAt = Interrupted, 0
		m.lastError = "the server stopped before this message was answered; the relay may have it"
		w.s.claims.Interrupt(m.id)
	case m.dotAt == 0:
		m.status, m.dueAt = Queued, now
		w.s.caps.add(relayCap(m.relay), m.reservedDay, -m.reserved)
		w.s.caps.add(senderCap(m.sender), m.reservedDay, -m.reserved)
		m.reserved, m.reservedDay = 0, 0
	default:
		w.doubt(m, now)
	}
	w.status = m.status
}

// doubt treats an attempt that nobody saw the end of like one whose link broke
// after the final dot: unknown, once more after five minutes, then for good.
func (w *recovery) doubt(m *message, now int64) {
	waiting, taken := 0, 0
	for i := range w.recipients {
		switch r := &w.recipients[i]; r.state {
		case RecipientTaken:
			taken++
		case RecipientWaiting:
			changed := *r
			if changed.unknowns++; changed.unknowns >= 2 || now >= m.expiresAt {
				changed.state = RecipientUnknown
			} else {
				waiting++
			}
			w.s.messages.verdict(m.id, i, &changed)
		}
	}
	m.lastError = "the server stopped after the message was handed over; the relay may have it"
	w.s.logTries(m, []try{{relay: m.relay, started: m.dotAt, verdict: transport.Verdict{Outcome: transport.Unknown, Text: m.lastError}}})
	m.dotAt, m.dueAt = 0, 0
	switch {
	case waiting > 0:
		m.status, m.dueAt = Queued, now+unknownWait.Milliseconds()
	case taken > 0:
		m.status, m.sentAt = Sent, now
	default:
		m.status = Unknown
	}
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
		err = tx.Rows(`SELECT id, account_id, attempt, sender, reserved_day FROM email_messages WHERE status = 'sending' AND due_at <= $1 ORDER BY due_at LIMIT $2`,
			[]any{before, recoverAtMost}, func(scan func(...any) error) error {
				w := &recovery{s: s, force: force}
				lost = append(lost, w)
				return scan(&w.id, &w.account, &w.attempt, &w.sender, &w.reserved)
			})
		for _, w := range lost {
			if err == nil {
				w.recipients, err = readRecipients(tx, w.id)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	for _, w := range lost {
		all.Go(func() {
			if err := s.committer.Do(db.Settling, w); err != nil {
				s.log.Error("email not recovered", "id", w.id, "error", err)
			} else if w.status != "" {
				s.log.Warn("email recovered", "id", w.id, "status", w.status)
				s.moved(w.account, w.id, w.status, w.refunded)
				s.retry.Wake()
			}
		})
	}
	all.Wait()
	return len(lost), nil
}
