package sms

import (
	"context"
	"log/slog"
	"time"
)

// moved tells monitoring, and the pages that are open, what a text has become,
// "" if only something about it is known now. It is called after the commit.
func (s *Service) moved(account, id string, to Status, refunded int64) {
	s.metrics.moved(to, refunded)
	s.changed(account, id)
}

// record writes the operator's line for a settled text: one for each step of
// its life, with one id throughout. What it says is nobody's business.
func (s *Service) record(w *settlement) {
	if w.status == "" {
		s.log.Warn("text settled by another node; this outcome is not counted", "id", w.f.id)
		return
	}
	s.moved(w.f.account, w.f.id, w.status, w.refunded)
	level := slog.LevelInfo
	if w.status == Failed || w.status == Unknown {
		level = slog.LevelWarn
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("id", w.f.id), slog.String("account", w.f.account), slog.String("gateway", w.gateway.Name),
		slog.Int("segments", w.parts), slog.Duration("took", w.report.Duration.Round(time.Microsecond))}
	if w.f.request != "" {
		attrs = append(attrs, slog.String("request", w.f.request))
	}
	if v := w.bad(); v != nil {
		attrs = append(attrs, slog.String("code", v.Code), slog.String("reply", v.Text))
	}
	s.log.LogAttrs(context.Background(), level, "text "+string(w.status), attrs...)
}
