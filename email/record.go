package email

import (
	"context"
	"log/slog"
	"time"
)

// moved tells monitoring, and the pages that are open, what a message has
// become, "" if it only costs less now. It is called after the commit.
func (s *Service) moved(account, id string, to Status, refunded int64) {
	s.metrics.moved(to, refunded)
	s.changed(account, id)
}

// record writes the operator's line for a settled attempt: one for each step
// of a message's life, with one id throughout.
func (s *Service) record(w *settlement) {
	if w.status == "" {
		s.log.Warn("email settled by another node; this attempt is not counted", "id", w.f.id, "request", w.f.request)
		return
	}
	s.moved(w.f.account, w.f.id, w.status, w.refunded)
	if w.dueAt != 0 {
		s.retry.WakeAfter(time.Until(time.UnixMilli(w.dueAt)))
	}
	level := slog.LevelInfo
	if w.status == Failed || w.status == Unknown {
		level = slog.LevelWarn
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("id", w.f.id), slog.String("account", w.f.account), slog.Int("recipients", len(w.f.recipients))}
	if w.f.request != "" {
		attrs = append(attrs, slog.String("request", w.f.request))
	}
	if n := len(w.tries); n > 0 {
		t := w.tries[n-1]
		attrs = append(attrs, slog.String("relay", t.relay), slog.Duration("took", t.duration.Round(time.Microsecond)), slog.String("reply", t.verdict.Text))
	} else {
		attrs = append(attrs, slog.String("reason", w.f.reason))
	}
	if w.dueAt != 0 {
		attrs = append(attrs, slog.Time("next", time.UnixMilli(w.dueAt).UTC()))
	}
	s.log.LogAttrs(context.Background(), level, "email "+string(w.status), attrs...)
}
