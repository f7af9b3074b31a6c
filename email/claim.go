package email

import (
	"context"
	"sync"
	"time"

	"aviso/db"
	"aviso/nexthop"
)

// claim takes a due message under this node's lease, if it is still due.
type claim struct {
	s          *Service
	id         string
	sender     sender
	recipients int64 // that wait
	force      bool  // the operator wants it now

	flight *flight // nil when there was nothing to take
}

// Want implements db.Work.
func (w *claim) Want() {
	w.s.messages.want(w.id)
	w.s.holds.Want()
	w.s.wantCaps(w.sender.address, w.sender.cap > 0, w.s.db.Day())
}

// Decide implements db.Work.
func (w *claim) Decide(now int64) {
	w.flight = nil
	s, m := w.s, w.s.messages.of(w.id)
	if m == nil || m.status != Queued || m.dueAt > now && !w.force || s.holds.Held || !s.capsKnown(&w.sender, now/dayMillis) {
		return
	}
	f := &flight{id: m.id, account: m.account, smtpMessageID: m.smtpMessageID, date: time.UnixMilli(m.createdAt).UTC(), attempt: m.attempt + 1, sender: w.sender}
	f.phase.Store(phasePromised)
	m.changed = true
	s.place(m, f, w.recipients, now, m.waitsFor != "")
	if f.relay == nil && now < m.expiresAt && f.reason != reasonTooMany {
		// Still capped or paused: it stays in the queue without an attempt.
		m.lastError = f.reason
		m.dueAt = now + s.retryInitial.Milliseconds()
		if m.waitsFor != "" {
			m.dueAt = (f.day + 1) * dayMillis
		}
		return
	}
	m.status, m.attempt, m.dueAt = Sending, f.attempt, now+s.lease.Milliseconds()
	f.row = *m
	f.row.changed = false
	w.flight = f
}

// Weight implements db.Work.
func (w *claim) Weight() int { return 256 }

// runDue takes due messages over and carries each, as many as there are places.
func (s *Service) runDue(ctx context.Context) (time.Duration, error) {
	if !s.carrying.Join() { // the server stops: what is due is left to others
		return s.retry.Poll, nil
	}
	defer s.carrying.Leave()
	free := s.places - len(s.leases.Where(func(f *flight) bool { return f.encode == nil }))
	if free <= 0 {
		return s.lease / 4, nil // a flight that ends wakes the loop
	}
	found, err := s.due(ctx, free)
	if err != nil || len(found) == 0 {
		return s.retry.Poll, err
	}
	asked := s.leases.Elapsed()
	var all sync.WaitGroup
	for _, w := range found {
		all.Go(func() {
			if err := s.committer.Do(db.Settling, w); err != nil {
				s.log.Error("email not claimed", "id", w.id, "error", err)
				w.flight = nil
			}
		})
	}
	all.Wait()
	for _, w := range found {
		if w.flight != nil {
			s.leases.Hold(w.flight, asked)
			s.carryOn(w.flight)
		}
	}
	return 0, nil
}

// carryOn carries a claimed message in the background.
func (s *Service) carryOn(f *flight) {
	s.leases.Add(f)
	s.carrying.Go(func() {
		defer s.retry.Wake()
		defer s.leases.Remove(f)
		if err := s.unpack(f); err != nil {
			s.log.Error("email not read; its lease runs out and it is due again", "id", f.id, "error", err)
			return
		}
		s.carry(f)
	})
}

// unpack reads what a flight needs of a promised message.
func (s *Service) unpack(f *flight) error {
	return s.db.Read(s.ctx, func(tx *db.Tx) (err error) {
		if f.recipients, err = readRecipients(tx, f.id); err != nil {
			return err
		}
		return tx.Row(`SELECT data, eight_bit, utf8 FROM email_bodies WHERE message_id = $1`, []any{f.id},
			&f.composed.Data, &f.composed.EightBit, &f.composed.UTF8)
	})
}

func readRecipients(tx *db.Tx, message string) ([]recipient, error) {
	var list []recipient
	err := tx.Rows(`SELECT kind, name, address, wire, state, unknowns, code, enhanced, reply FROM email_recipients WHERE message_id = $1 ORDER BY number`,
		[]any{message}, func(scan func(...any) error) error {
			var r recipient
			var kind string
			if err := scan(&kind, &r.Name, &r.Address, &r.Wire, &r.state, &r.unknowns, &r.code, &r.enhanced, &r.reply); err != nil {
				return err
			}
			r.Kind = parseKind(kind)
			list = append(list, r)
			return nil
		})
	return list, err
}

func parseKind(s string) RecipientKind {
	for _, k := range []RecipientKind{To, Cc} {
		if k.String() == s {
			return k
		}
	}
	return Bcc
}

// dueAccounts walks from account to account in the index instead of reading
// everybody's backlog: its cost is the number of accounts with mail waiting.
// The installation's own mail has no account, and nobody suspends it.
const dueAccounts = `WITH RECURSIVE a(id) AS (
		SELECT MIN(account_id) FROM email_messages WHERE status = 'queued'
		UNION ALL
		SELECT (SELECT MIN(m.account_id) FROM email_messages m WHERE m.status = 'queued' AND m.account_id > a.id) FROM a WHERE a.id IS NOT NULL)
	SELECT a.id FROM a LEFT JOIN accounts c ON c.id = a.id WHERE a.id IS NOT NULL AND c.suspended_at IS NULL
		AND EXISTS (SELECT 1 FROM email_messages m WHERE m.status = 'queued' AND m.account_id = a.id AND m.due_at <= $1)`

const dueMessages = `SELECT m.id, m.sender, COALESCE(s.id, ''), COALESCE(s.display_name, ''), COALESCE(s.relay, ''), COALESCE(s.daily_cap, 0),
		(SELECT COUNT(*) FROM email_recipients r WHERE r.message_id = m.id AND r.state = 'waiting')
	FROM email_messages m LEFT JOIN email_senders s ON s.address = m.sender
	WHERE m.status = 'queued' AND m.account_id = $1 AND m.due_at <= $2 ORDER BY m.due_at LIMIT $3`

// due finds at most n messages whose time has come, in turn over the accounts
// that have any, the oldest of each first.
func (s *Service) due(ctx context.Context, n int) ([]*claim, error) {
	var found []*claim
	return found, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if held, err := nexthop.IsHeld(tx); err != nil || held {
			return err
		}
		var accounts []string
		err = tx.Rows(dueAccounts, []any{now}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			accounts = append(accounts, id)
			return err
		})
		if err != nil || len(accounts) == 0 {
			return err
		}
		share := max(1, n/len(accounts))
		for _, account := range accounts {
			if len(found) >= n {
				break
			}
			err := tx.Rows(dueMessages, []any{account, now, min(share, n-len(found))}, func(scan func(...any) error) error {
				w := &claim{s: s}
				if err := scan(&w.id, &w.sender.address, &w.sender.id, &w.sender.name, &w.sender.relay, &w.sender.cap, &w.recipients); err != nil {
					return err
				}
				found = append(found, w)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
