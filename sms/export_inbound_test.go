package sms

import "context"

// EndParts does now what the loop does every minute.
func (s *Service) EndParts(ctx context.Context) {
	if _, err := s.runParts(ctx); err != nil {
		panic(err)
	}
}

// EndMarked does now what the sweep does, as if all nodes had died at once.
func (s *Service) EndMarked(ctx context.Context) {
	if _, err := s.sweepInbound(ctx); err != nil {
		panic(err)
	}
}
