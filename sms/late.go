package sms

import (
	"context"
	"time"

	"aviso/db"
	"aviso/transport"
)

// Answered is told what a gateway said of a segment after it was given up as
// unknown. It implements transport.Inbound.
func (s *Service) Answered(ctx context.Context, a *transport.LateAnswer) error {
	w := &lateAnswer{s: s, answer: a}
	for pause := 20 * time.Millisecond; ; pause *= 2 {
		if !db.IsID(a.TextID) {
			return nil // a test's
		}
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT account_id FROM sms_messages WHERE id = $1`, []any{a.TextID}, &w.account)
		})
		if db.IsMissing(err) {
			return nil
		}
		if err == nil {
			err = s.committer.Do(db.Settling, w)
		}
		if err != nil {
			return err
		}
		if !w.early {
			s.lateSettled(w)
			return nil
		}
		// Whoever gave it up has not written that down yet.
		timer := time.NewTimer(min(pause, time.Second))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (s *Service) lateSettled(w *lateAnswer) {
	if w.status != "" {
		s.log.Info("text answered late", "id", w.answer.TextID, "part", w.answer.Part, "status", string(w.status))
	}
	s.moved(w.account, w.answer.TextID, w.status, w.refunded)
	s.rematch(w.answer.TextID)
}

// lateAnswer settles one segment that was unknown.
type lateAnswer struct {
	s       *Service
	account string
	answer  *transport.LateAnswer

	early    bool   // the text is not settled yet
	status   Status // what it became; "" when nothing changed
	refunded int64
}

// Want implements db.Work.
func (w *lateAnswer) Want() { w.s.wantText(w.answer.TextID, w.account) }

// Decide implements db.Work.
func (w *lateAnswer) Decide(now int64) {
	w.early, w.status, w.refunded = false, "", 0
	s, a := w.s, w.answer
	m, list := s.messages.of(a.TextID), s.segments.of(a.TextID)
	if m != nil && m.status == Sending {
		w.early = true
		return
	}
	if m == nil || a.Part < 0 || a.Part >= len(list) {
		return
	}
	g := list[a.Part]
	if g.state != SegmentUnknown || g.gateway != a.Gateway {
		return
	}
	switch a.Verdict.Outcome {
	case transport.Taken:
		g.state = SegmentTaken
	case transport.Refused:
		g.state = SegmentRefused
	case transport.Later:
		g.state = SegmentWaiting
	default:
		return
	}
	g.provider, g.code, g.words = oneLine(a.Verdict.ProviderID), oneLine(a.Verdict.Code), oneLine(a.Verdict.Text)
	g.answeredAt, g.changed = now, true
	w.status, w.refunded = s.reconsider(m, list, now)
}

// Weight implements db.Work.
func (w *lateAnswer) Weight() int { return 256 }
